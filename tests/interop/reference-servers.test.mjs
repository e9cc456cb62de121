// The reference servers, which thousands of programs start, with our client: `server-everything` does all that a server
// can do, over stdio and both HTTP transports; `server-filesystem` and `server-memory` are used as their users do it, with `thyra`.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { freePort, start } from './support/processes.mjs';
import { thyraAt, visit } from './support/visit.mjs';

const server = (name, ...args) => {
  const main = fileURLToPath(import.meta.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`));
  return [process.execPath, main, ...args];
};

const call = (name, args = {}) => ({ do: 'call', name, arguments: args });
const list = (what) => ({ do: 'list', what });
const names = ({ result }) => result.map(({ name }) => name);
const said = ({ result, error }) => {
  assert.equal(error, undefined);
  return result.content[0].text;
};
const heard = (report, kind) => report.heard.map((one) => one[kind]).filter(Boolean);

function tour(where) {
  test('introduces itself and lists what it has', async () => {
    const [about, tools, prompts, resources, templates] = await visit(where.server, [
      { do: 'discover' },
      list('tools'),
      list('prompts'),
      list('resources'),
      list('templates'),
    ]);
    assert.equal(about.result.revision, '2025-11-25');
    assert.equal(about.result.server._meta['io.modelcontextprotocol/serverInfo'].name, 'mcp-servers/everything');
    assert.match(about.result.server.instructions, /^# Everything Server/);
    // Some it offers only to a client that says that it can answer.
    for (const tool of ['echo', 'get-sum', 'trigger-sampling-request', 'trigger-elicitation-request', 'get-roots-list']) {
      assert.ok(names(tools).includes(tool), tool);
    }
    assert.deepEqual(names(prompts), ['simple-prompt', 'args-prompt', 'completable-prompt', 'resource-prompt']);
    assert.ok(names(resources).includes('features.md'));
    assert.deepEqual(names(templates), ['Dynamic Text Resource', 'Dynamic Blob Resource']);
  });

  test('answers with contents of every kind', async () => {
    const [echo, sum, image, annotated, structured, links, embedded, wrong, unknown] = await visit(where.server, [
      call('echo', { message: 'gr\u00fcn \u{1f6aa}' }),
      call('get-sum', { a: 2, b: 3 }),
      call('get-tiny-image'),
      call('get-annotated-message', { messageType: 'error' }),
      call('get-structured-content', { location: 'New York' }),
      call('get-resource-links', { count: 3 }),
      call('get-resource-reference', { resourceType: 'Text', resourceId: 1 }),
      call('get-sum', { a: 'x' }),
      call('no-such-tool'),
    ]);
    assert.equal(said(echo), 'Echo: gr\u00fcn \u{1f6aa}');
    assert.equal(said(sum), 'The sum of 2 and 3 is 5.');
    const picture = image.result.content[1];
    assert.equal(picture.mimeType, 'image/png');
    assert.match(picture.data, /^iVBORw0KGgo/);
    assert.deepEqual(annotated.result.content[0].annotations, { audience: ['user', 'assistant'], priority: 1 });
    assert.deepEqual(JSON.parse(said(structured)), structured.result.structuredContent);
    assert.deepEqual(
      links.result.content.map(({ type }) => type),
      ['text', 'resource_link', 'resource_link', 'resource_link'],
    );
    assert.equal(embedded.result.content[1].resource.uri, 'demo://resource/dynamic/text/1');
    assert.equal(wrong.result.isError, true);
    assert.match(said(wrong), /expected number/);
    assert.equal(unknown.result.isError, true);
  });

  test('serves resources, prompts and completions', async () => {
    const [text, blob, missing, simple, filled, embedding, completed] = await visit(where.server, [
      { do: 'read', uri: 'demo://resource/dynamic/text/1' },
      { do: 'read', uri: 'demo://resource/dynamic/blob/2' },
      { do: 'read', uri: 'demo://nothing' },
      { do: 'prompt', name: 'simple-prompt' },
      { do: 'prompt', name: 'args-prompt', arguments: { city: 'Basel' } },
      { do: 'prompt', name: 'resource-prompt', arguments: { resourceType: 'Text', resourceId: '1' } },
      { do: 'complete', reference: { prompt: 'completable-prompt' }, argument: 'department', typed: 'E' },
    ]);
    assert.match(text.result.contents[0].text, /^Resource 1: This is a plaintext resource/);
    assert.match(Buffer.from(blob.result.contents[0].blob, 'base64').toString(), /^Resource 2: This is a base64 blob/);
    assert.match(missing.error, /demo:\/\/nothing not found \(error -32602\)$/);
    assert.equal(simple.result.messages[0].content.text, 'This is a simple prompt without arguments.');
    assert.equal(filled.result.messages[0].content.text, "What's weather in Basel?");
    assert.equal(embedding.result.messages[1].content.resource.uri, 'demo://resource/dynamic/text/1');
    assert.deepEqual(completed.result.completion.values, ['Engineering']);
  });

  test('reports progress, and hears of a call that nobody waits for', async () => {
    const [slow, cancelled, after] = await visit(where.server, [
      call('trigger-long-running-operation', { duration: 0.4, steps: 4 }),
      { do: 'cancel', name: 'trigger-long-running-operation', arguments: { duration: 60, steps: 600 } },
      call('echo', { message: 'still there' }),
    ]);
    assert.deepEqual(
      heard(slow, 'progress').map(({ progress, total }) => [progress, total]),
      [1, 2, 3, 4].map((step) => [step, 4]),
    );
    assert.match(said(slow), /^Long running operation completed/);
    assert.equal(cancelled.result, null);
    assert.equal(said(after), 'Echo: still there');
  });

  test('tells what changes', async () => {
    const [updated, listed] = await visit(where.server, [
      {
        do: 'watch',
        wish: { resourceSubscriptions: ['demo://resource/dynamic/text/7'] },
        name: 'toggle-subscriber-updates',
      },
      {
        do: 'watch',
        wish: { resourcesListChanged: true },
        name: 'gzip-file-as-resource',
        arguments: { name: 'hello.gz', data: 'data:text/plain,hello' },
      },
    ]);
    assert.equal(updated.result?.change, 'demo://resource/dynamic/text/7', updated.error);
    assert.equal(listed.result?.change, 'ResourceList', listed.error);
  });

  test('asks the user, the model, and for roots', async () => {
    const [form, page, sampled, roots] = await visit(where.server, [
      call('trigger-elicitation-request'),
      call('trigger-url-elicitation', { url: 'https://example.com/pay' }),
      call('trigger-sampling-request', { prompt: 'What is it?', maxTokens: 10 }),
      call('get-roots-list'),
    ]);
    const [asked] = heard(form, 'elicitation');
    assert.equal(asked.requestedSchema.properties.email.format, 'email');
    // The server has held the answers against its schema.
    assert.match(said(form), /User provided the requested information/);
    assert.equal(heard(page, 'elicitation')[0].url, 'https://example.com/pay');
    assert.match(said(page), /User completed the URL elicitation flow/);
    const [request] = heard(sampled, 'sampling');
    assert.equal(request.maxTokens, 10);
    assert.match(said(sampled), /"text": "Forty-two"/);
    assert.match(said(roots), /file:\/\/\/home\/ada\/notes/);
  });
}

describe('server-everything over stdio', () => tour({ server: server('everything', 'stdio') }));

for (const [name, transport, path] of [
  ['Streamable HTTP', 'streamableHttp', '/mcp'],
  ['HTTP+SSE of 2024-11-05', 'sse', '/sse'],
]) {
  describe(`server-everything over ${name}`, () => {
    const where = {};
    let program;

    before(async () => {
      const port = await freePort();
      where.server = `http://127.0.0.1:${port}${path}`;
      const [command, ...args] = server('everything', transport);
      const env = { PORT: String(port) };
      program = await start({ name: 'server-everything', command, args, env, ready: where.server });
    });

    after(() => program?.stop());

    tour(where);
  });
}

describe('server-filesystem, used from the shell', () => {
  let folder;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'thyra-interop-')));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test('writes and reads the files that it may, and no others', async () => {
    const files = server('filesystem', folder);
    const { document: offers } = await thyraAt(files, 'list');
    const tools = offers.tools.map(({ name }) => name);
    assert.ok(tools.includes('read_text_file') && tools.includes('write_file'), tools.join());

    const path = join(folder, 'notes.txt');
    const wrote = await thyraAt(files, 'call', 'write_file', `path=${path}`, 'content=Ada\u00a0was here');
    assert.equal(wrote.code, 0);
    assert.equal(await readFile(path, 'utf8'), 'Ada\u00a0was here');
    const read = await thyraAt(files, 'call', 'read_text_file', `path=${path}`, 'head=1');
    assert.equal(read.document.content[0].text, 'Ada\u00a0was here');

    const refused = await thyraAt(files, 'call', 'read_text_file', 'path=/etc/hostname');
    assert.equal(refused.code, 5);
    assert.equal(refused.document.isError, true);
    assert.match(refused.document.content[0].text, /Access denied/);
  });
});

describe('server-memory, used from the shell', () => {
  let folder;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'thyra-interop-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test('remembers from one program to the next', async () => {
    const memory = server('memory');
    const kept = ['--env', `MEMORY_FILE_PATH=${join(folder, 'memory.jsonl')}`];
    const ada = { name: 'Ada', entityType: 'person', observations: ['wrote the first program'] };
    const wrote = await thyraAt(memory, 'call', ...kept, 'create_entities', `entities:=${JSON.stringify([ada])}`);
    assert.equal(wrote.code, 0, JSON.stringify(wrote.document));
    const { document } = await thyraAt(memory, 'call', ...kept, 'search_nodes', 'query=first program');
    assert.deepEqual(document.structuredContent.entities, [ada]);
  });
});
