// A tour of the `everything` example by the TypeScript SDK, in both of its generations, both eras, over HTTP and over stdio.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { example, freePort, logsOf, start } from './support/processes.mjs';
import { VISITORS, Visitor, within } from './support/visitors.mjs';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const PNG = /^iVBORw0KGgo/;

const peers = { command: example('everything') };
let server;
let failed = false;

before(async () => {
  const port = await freePort();
  peers.url = `http://127.0.0.1:${port}/mcp`;
  server = await start({
    name: 'everything',
    command: peers.command,
    args: ['--http', `127.0.0.1:${port}`],
    ready: peers.url,
  });
});

after(async () => {
  await server?.stop();
  if (failed) console.error(logsOf([server]));
});

/** A test with a client of its own. */
function tour(kind, name, visit) {
  test(name, async () => {
    const visitor = await Visitor.connect(kind, peers);
    try {
      await visit(visitor);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await visitor.close();
    }
  });
}

for (const kind of VISITORS) {
  const sessionless = kind.era === 'sessionless';

  describe(`everything, seen by the TypeScript SDK, ${kind.name}`, () => {
    tour(kind, 'introduces itself', async ({ client }) => {
      assert.equal(client.getServerVersion().name, 'Everything');
      assert.match(client.getInstructions(), /Nothing that its tools do lasts/);
      const capabilities = client.getServerCapabilities();
      assert.equal(capabilities.tools.listChanged, true);
      assert.equal(capabilities.prompts.listChanged, true);
      assert.equal(capabilities.resources.subscribe, true);
      assert.ok(capabilities.completions);
      if (typeof client.getProtocolEra === 'function') {
        assert.equal(client.getProtocolEra(), sessionless ? 'modern' : 'legacy');
        assert.equal(client.getNegotiatedProtocolVersion(), kind.revision);
      }
      if (!sessionless) assert.deepEqual(await client.ping(), {});
    });

    tour(kind, 'lists its tools', async ({ client }) => {
      const { tools } = await client.listTools();
      assert.equal(tools[0].name, 'test_simple_text');
      for (const tool of tools) {
        assert.ok(tool.description, `${tool.name} has a description`);
        assert.equal(tool.inputSchema.type, 'object');
      }
      const weather = tools.find((tool) => tool.name === 'test_structured_content');
      assert.deepEqual(weather.inputSchema.required, ['city']);
      assert.deepEqual(Object.keys(weather.outputSchema.properties).sort(), ['conditions', 'temperature']);
      assert.equal(weather.annotations.readOnlyHint, true);
      const contact = tools.find((tool) => tool.name === 'json_schema_2020_12_tool');
      assert.equal(contact.inputSchema.$defs.address.$anchor, 'addressDef');
    });

    tour(kind, 'answers with contents of every kind', async (visitor) => {
      assert.equal(await visitor.text('test_simple_text'), 'This is a simple text response for testing.');

      const [image] = (await visitor.call('test_image_content')).content;
      assert.equal(image.type, 'image');
      assert.equal(image.mimeType, 'image/png');
      assert.match(image.data, PNG);

      const [audio] = (await visitor.call('test_audio_content')).content;
      assert.equal(audio.type, 'audio');
      assert.equal(audio.mimeType, 'audio/wav');
      assert.equal(Buffer.from(audio.data, 'base64').subarray(0, 4).toString(), 'RIFF');

      const [embedded] = (await visitor.call('test_embedded_resource')).content;
      assert.equal(embedded.type, 'resource');
      assert.equal(embedded.resource.uri, 'test://embedded-resource');
      assert.equal(embedded.resource.mimeType, 'text/plain');
      assert.equal(embedded.resource.text, 'This is an embedded resource content.');

      const { content } = await visitor.call('test_multiple_content_types');
      assert.deepEqual(content.map(({ type }) => type), ['text', 'image', 'resource']);
    });

    tour(kind, 'answers with a structure that fits its schema', async (visitor) => {
      // The SDK checks the structure against the schema that it has from the list.
      await visitor.client.listTools();
      const { structuredContent, content } = await visitor.call('test_structured_content', { city: 'Basel' });
      assert.deepEqual(structuredContent, { temperature: 22.5, conditions: 'Sunny in Basel' });
      assert.deepEqual(JSON.parse(content[0].text), structuredContent);
    });

    tour(kind, 'repeats an argument in a header', async (visitor) => {
      await visitor.client.listTools();
      const found = await visitor.text('test_x_mcp_header', { region: 'Zürich', limit: 5 });
      assert.equal(found, 'Looked in Zürich, at most 5');
      assert.equal(await visitor.text('test_x_mcp_header', { region: ' us ' }), 'Looked in  us , at most 10');
    });

    tour(kind, 'tells failures of a tool from failures of a request', async (visitor) => {
      const refused = await visitor.call('test_error_handling');
      assert.equal(refused.isError, true);
      assert.equal(refused.content[0].text, 'This tool intentionally returns an error for testing');

      const wrong = await visitor.call('greet', { name: 7 });
      assert.equal(wrong.isError, true);
      assert.match(wrong.content[0].text, /\bname\b/);

      await assert.rejects(visitor.call('no_such_tool'), { code: -32602 });
      const missing = 'test://no-such-resource';
      await assert.rejects(visitor.client.readResource({ uri: missing }), (error) => {
        // The second SDK tells its users of -32602, whatever the revision says.
        assert.ok([-32602, sessionless ? -32602 : -32002].includes(error.code), String(error.code));
        return true;
      });
      await assert.rejects(visitor.client.getPrompt({ name: 'no_such_prompt' }), { code: -32602 });
    });

    tour(kind, 'reports progress', async (visitor) => {
      const steps = [];
      const onprogress = ({ progress, total }) => steps.push([progress, total]);
      await visitor.text('test_tool_with_progress', {}, { onprogress });
      assert.deepEqual(steps, [[0, 100], [50, 100], [100, 100]]);
    });

    tour(kind, 'logs to whoever asks for it', async (visitor) => {
      const heard = visitor.hear('notifications/message');
      const call = (name, level) => {
        const params = { name, arguments: {}, ...(sessionless ? { _meta: { [LOG_LEVEL]: level } } : {}) };
        return visitor.kind.call(visitor.client, params, {});
      };
      if (!sessionless) await visitor.client.setLoggingLevel('debug');
      await call('test_tool_with_logging', 'debug');
      const messages = await heard.atLeast(3);
      assert.deepEqual(messages.map(({ level, data }) => [level, data]), [
        ['info', 'Tool execution started'],
        ['info', 'Tool processing data'],
        ['info', 'Tool execution completed'],
      ]);

      await call('test_logging_tool', 'debug');
      assert.deepEqual((await heard.atLeast(5))[4].data, { revision: visitor.kind.revision });

      // Below the level there is nothing to hear: of these two messages only the first comes.
      if (!sessionless) await visitor.client.setLoggingLevel('info');
      await call('test_logging_tool', 'info');
      await call('test_logging_tool', 'info');
      assert.deepEqual((await heard.atLeast(7)).slice(5).map(({ level }) => level), ['info', 'info']);
    });

    if (sessionless) {
      tour(kind, 'logs nothing to whoever does not', async (visitor) => {
        const heard = visitor.hear('notifications/message');
        await visitor.text('test_tool_with_logging');
        assert.deepEqual(heard.all, []);
      });
    }

    tour(kind, 'has resources', async ({ client }) => {
      const { resources } = await client.listResources();
      const uris = resources.map(({ uri }) => uri);
      for (const uri of ['test://static-text', 'test://static-binary', 'test://watched-resource']) {
        assert.ok(uris.includes(uri), `${uri} among ${uris}`);
      }
      const [text] = (await client.readResource({ uri: 'test://static-text' })).contents;
      assert.equal(text.uri, 'test://static-text');
      assert.equal(text.mimeType, 'text/plain');
      assert.equal(text.text, 'This is the content of the static text resource.');

      const [binary] = (await client.readResource({ uri: 'test://static-binary' })).contents;
      assert.equal(binary.mimeType, 'image/png');
      assert.match(binary.blob, PNG);

      const { resourceTemplates } = await client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ['test://template/{id}/data']);
      const [data] = (await client.readResource({ uri: 'test://template/a%20b/data' })).contents;
      assert.equal(data.uri, 'test://template/a%20b/data');
      assert.deepEqual(JSON.parse(data.text), { id: 'a b', templateTest: true, data: 'Data for ID: a b' });
    });

    tour(kind, 'tells of a resource that changed to those who watch it', async (visitor) => {
      const uri = 'test://watched-resource';
      const heard = visitor.hear('notifications/resources/updated');
      const watching = await visitor.watch({ resource: uri });
      if (sessionless) assert.deepEqual(watching.honored.resourceSubscriptions, [uri]);
      assert.equal(await visitor.text('test_touch_watched_resource'), 'Touched');
      assert.equal((await heard.atLeast(1))[0].uri, uri);
      await watching.stop();
    });

    tour(kind, 'tells of tools and prompts that come and go', async (visitor) => {
      const tools = visitor.hear('notifications/tools/list_changed');
      const prompts = visitor.hear('notifications/prompts/list_changed');
      const watching = await visitor.watch({ tools: true, prompts: true });
      const isListed = async (list) => (await list).some(({ name }) => name === 'test_sometimes');
      const listed = () => isListed(visitor.client.listTools(undefined, { cacheMode: 'refresh' }).then((it) => it.tools));
      const wasListed = await listed();
      await visitor.text('test_trigger_tool_change');
      await tools.atLeast(1);
      assert.equal(await listed(), !wasListed);
      await visitor.text('test_trigger_tool_change');
      await tools.atLeast(2);
      assert.equal(await listed(), wasListed);

      await visitor.text('test_trigger_prompt_change');
      await prompts.atLeast(1);
      await visitor.text('test_trigger_prompt_change');
      await prompts.atLeast(2);
      await watching.stop();
    });

    tour(kind, 'has prompts', async ({ client }) => {
      const { prompts } = await client.listPrompts();
      const withArguments = prompts.find(({ name }) => name === 'test_prompt_with_arguments');
      assert.deepEqual(withArguments.arguments.map(({ name, required }) => [name, required]), [
        ['arg1', true],
        ['arg2', true],
      ]);
      const simple = await client.getPrompt({ name: 'test_simple_prompt' });
      assert.deepEqual(simple.messages, [
        { role: 'user', content: { type: 'text', text: 'This is a simple prompt for testing.' } },
      ]);
      const filled = await client.getPrompt({
        name: 'test_prompt_with_arguments',
        arguments: { arg1: 'hello', arg2: 'world' },
      });
      assert.equal(filled.messages[0].content.text, "Prompt with arguments: arg1='hello', arg2='world'");
      await assert.rejects(
        client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'hello' } }),
        { code: -32602 },
      );
      const embedding = await client.getPrompt({
        name: 'test_prompt_with_embedded_resource',
        arguments: { resourceUri: 'test://example-resource' },
      });
      assert.equal(embedding.messages[0].content.resource.uri, 'test://example-resource');
      const showing = await client.getPrompt({ name: 'test_prompt_with_image' });
      assert.match(showing.messages[0].content.data, PNG);
    });

    tour(kind, 'completes arguments', async ({ client }) => {
      const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' };
      const complete = async (name, value) => (await client.complete({ ref, argument: { name, value } })).completion.values;
      assert.deepEqual(await complete('arg1', 'par'), ['paris', 'park', 'party']);
      assert.deepEqual(await complete('arg1', 'park'), ['park']);
      assert.deepEqual(await complete('arg2', 'par'), []);
    });

    tour(kind, 'asks the user', async (visitor) => {
      let reply = { action: 'accept', content: { username: 'ada', email: 'ada@example.com' } };
      const asked = visitor.answer('elicitation/create', () => reply);
      const ask = () => visitor.text('test_elicitation', { message: 'Who are you?' });
      const accepted = await ask();
      assert.match(accepted, /^User response: action=accept, content=/);
      assert.deepEqual(JSON.parse(accepted.split('content=')[1]), reply.content);
      assert.equal(asked[0].message, 'Who are you?');
      assert.deepEqual(asked[0].requestedSchema.required.toSorted(), ['email', 'username']);

      reply = { action: 'decline' };
      assert.equal(await ask(), 'User response: action=decline');
      reply = { action: 'cancel' };
      assert.equal(await ask(), 'User response: action=cancel');
      assert.equal(asked.length, 3);
    });

    tour(kind, 'asks with defaults and with choices', async (visitor) => {
      const choices = {
        untitledSingle: 'option1',
        titledSingle: 'value1',
        legacyEnum: 'opt1',
        untitledMulti: ['option1', 'option2'],
        titledMulti: ['value1', 'value2'],
      };
      const defaults = { name: 'Jane Smith', age: 25, score: 88.5, status: 'inactive', verified: false };
      const asked = visitor.answer('elicitation/create', ({ requestedSchema: { properties } }) => ({
        action: 'accept',
        content: properties.verified === undefined ? choices : defaults,
      }));
      const form = await visitor.text('test_elicitation_sep1034_defaults');
      assert.deepEqual(JSON.parse(form.split('content=')[1]), defaults);
      const { properties } = asked[0].requestedSchema;
      assert.deepEqual(
        Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, schema.default])),
        { name: 'John Doe', age: 30, score: 95.5, status: 'active', verified: true },
      );
      const chosen = await visitor.text('test_elicitation_sep1330_enums');
      assert.deepEqual(JSON.parse(chosen.split('content=')[1]), choices);
    });

    tour(kind, 'sends the user to a page', async (visitor) => {
      const asked = visitor.answer('elicitation/create', () => ({ action: 'accept' }));
      assert.equal(await visitor.text('test_elicitation_url'), 'On the way');
      assert.equal(asked[0].mode, 'url');
      assert.equal(asked[0].url, 'https://example.com/look');
    });

    tour(kind, 'asks the model', async (visitor) => {
      const asked = visitor.answer('sampling/createMessage', () => ({
        role: 'assistant',
        content: { type: 'text', text: 'Forty-two' },
        model: 'test-model',
        stopReason: 'endTurn',
      }));
      assert.equal(await visitor.text('test_sampling', { prompt: 'Six by seven?' }), 'LLM response: Forty-two');
      assert.equal(asked[0].maxTokens, 100);
      assert.equal(asked[0].messages[0].role, 'user');
      assert.equal([asked[0].messages[0].content].flat()[0].text, 'Six by seven?');
    });

    tour(kind, 'asks for roots', async (visitor) => {
      visitor.answer('roots/list', () => ({
        roots: [{ uri: 'file:///one', name: 'One' }, { uri: 'file:///two' }],
      }));
      const told = await visitor.text('test_input_required_result_list_roots');
      assert.equal(told, 'Roots: file:///one, file:///two');
    });

    tour(kind, 'asks for several things at a time, and for one after the other', async (visitor) => {
      const content = { name: 'Alice', color: 'blue', ok: true, context: 'of a test' };
      const asked = visitor.answer('elicitation/create', ({ requestedSchema: { properties } }) => ({
        action: 'accept',
        content: Object.fromEntries(Object.keys(properties).map((name) => [name, content[name]])),
      }));
      const sampled = visitor.answer('sampling/createMessage', () => ({
        role: 'assistant',
        content: { type: 'text', text: 'Hello there!' },
        model: 'test-model',
      }));
      const listed = visitor.answer('roots/list', () => ({ roots: [{ uri: 'file:///one' }] }));

      const several = await visitor.text('test_input_required_result_multiple_inputs');
      assert.equal(several, 'Alice: Hello there! (1 roots)');
      assert.deepEqual([asked.length, sampled.length, listed.length], [1, 1, 1]);

      assert.equal(await visitor.text('test_input_required_result_multi_round'), 'Alice likes blue');
      assert.deepEqual(
        asked.slice(1).map(({ message }) => message),
        ['Step 1: What is your name?', 'Step 2: What is your favorite color?'],
      );
      assert.equal(await visitor.text('test_input_required_result_request_state'), 'state-ok, confirmed: true');

      const prompt = await visitor.client.getPrompt({ name: 'test_input_required_result_prompt' });
      assert.equal(prompt.messages[0].content.text, 'Use this context: of a test');
    });

    test('asks nothing of a client that cannot answer', async () => {
      const visitor = await Visitor.connect(kind, peers, {});
      try {
        const refused = await visitor.call('test_missing_capability').then(
          ({ isError }) => (isError ? 'an error of the tool' : 'a result'),
          ({ code }) => code,
        );
        // The error has its code since revision 2026-07-28; before, it is enough that the tool says no.
        if (sessionless || refused !== 'an error of the tool') assert.equal(refused, -32021);
      } finally {
        await visitor.close();
      }
    });

    tour(kind, 'stops a call that is cancelled', async (visitor) => {
      const controller = new AbortController();
      let begun;
      const working = new Promise((resolve) => {
        begun = resolve;
      });
      const call = visitor.call('slow_compute', { seconds: 60, label: 'never' }, {
        signal: controller.signal,
        onprogress: begun,
      });
      call.catch(() => {});
      await within(working, 'the first progress');
      controller.abort();
      await assert.rejects(call);

      // Two more seconds of the same work: had the first call gone on, its progress would have come in between, and the
      // client would have said that it does not know what it belongs to.
      const steps = [];
      const told = await visitor.text('slow_compute', { seconds: 2, label: 'This' }, {
        onprogress: ({ progress }) => steps.push(progress),
      });
      assert.equal(told, 'This took 2 seconds');
      assert.deepEqual(steps, [0, 1]);
      const strays = visitor.errors.filter(({ message }) => /progress|unknown/i.test(message));
      assert.deepEqual(strays, []);
    });

    if (kind.wire === 'http' && !sessionless) {
      tour(kind, 'gives the answer to a client that comes back for it', async (visitor) => {
        assert.equal(await visitor.text('test_reconnection'), 'You came back');
      });
    }
  });
}
