// mcp-remote, through which desktop programs reach remote servers: it registers, opens a browser, catches the code at its
// own port, and keeps the tokens in its own folder.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { freePort } from './support/processes.mjs';
import { RESOURCE, scalekitEnvironment } from './support/scalekit-environment.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const MCP_REMOTE = join(HERE, 'node_modules', 'mcp-remote', 'dist');
const LIMIT_MS = 60_000;

/** Runs mcp-remote's own client to its end; answers with the exit code and all that it printed. */
async function run(args, env) {
  const child = spawn(process.execPath, [join(MCP_REMOTE, 'client.js'), ...args], {
    env,
    // It takes the end of its standard input for an order to stop.
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      printed += chunk;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  return { code, printed };
}

/** The JSON that mcp-remote prints after a label. */
function json(printed, label) {
  const start = printed.indexOf('{', printed.indexOf(label));
  assert.ok(printed.includes(label) && start >= 0, `no ${label} in:\n${printed}`);
  const end = printed.indexOf('\n}', start);
  return JSON.parse(printed.slice(start, end + 2));
}

describe('mcp-remote', () => {
  const peers = scalekitEnvironment();
  let home;
  let env;
  /** Where mcp-remote waits for the code; what it registered is good for this port only. */
  let callbackPort;
  before(async () => {
    callbackPort = String(await freePort());
    home = await mkdtemp(join(tmpdir(), 'thyra-mcp-remote-'));
    env = {
      // The browser is a Node program: it has to find the pinned Node.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      MCP_REMOTE_CONFIG_DIR: join(home, 'mcp-auth'),
      BROWSER: join(HERE, 'support', 'browser.mjs'),
    };
  });
  after(() => rm(home, { recursive: true, force: true }));

  test('logs in through a browser and lists the tools', async () => {
    const { emulator, server } = peers();
    await emulator.forget();
    const { code, printed } = await run([server.url, callbackPort, '--allow-http'], env);
    assert.equal(code, 0, printed);
    assert.match(printed, /Connected successfully!/);
    const { tools } = json(printed, 'Tools:');
    assert.deepEqual(tools.map((tool) => tool.name).sort(), ['add', 'whoami', 'write_note']);

    const asked = await emulator.journal();
    for (const step of [
      `POST /api/v1/resources/${RESOURCE}/clients:register`,
      `GET /resources/${RESOURCE}/oauth/authorize`,
      `POST /resources/${RESOURCE}/oauth/token`,
    ]) {
      assert.equal(asked.filter((line) => line === step).length, 1, `${step} once, in:\n${asked.join('\n')}`);
    }
  });

  test('comes back with the token that it kept', async () => {
    const { emulator, server } = peers();
    await emulator.forget();
    const { code, printed } = await run([server.url, callbackPort, '--allow-http'], env);
    assert.equal(code, 0, printed);
    assert.equal(json(printed, 'Tools:').tools.length, 3);
    const asked = await emulator.journal();
    assert.deepEqual(asked.filter((line) => line.includes('/oauth/')), [], 'it did not log in again');
  });

  test('carries the calls of a program that speaks stdio only', async () => {
    const { server } = peers();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(MCP_REMOTE, 'proxy.js'), server.url, String(await freePort()), '--allow-http'],
      env: { ...env, MCP_REMOTE_CONFIG_DIR: join(home, 'mcp-auth-of-the-proxy') },
      stderr: 'pipe',
    });
    let printed = '';
    transport.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    const client = new Client({ name: 'interop', version: '1.0.0' });
    try {
      await client.connect(transport);
      const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 40 } });
      assert.deepEqual(sum.content, [{ type: 'text', text: '42' }]);
      const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} });
      assert.equal(structuredContent.subject, 'usr_1');
    } catch (error) {
      throw new Error(`mcp-remote printed:\n${printed}`, { cause: error });
    } finally {
      await client.close();
    }
  });
});
