// mcp-remote, through which desktop programs reach remote servers: it registers, opens a browser, catches the code at its
// own port, and keeps the tokens in its own folder.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { json, mcpRemote, PROXY } from './support/mcp-remote.mjs';
import { freePort } from './support/processes.mjs';
import { RESOURCE, scalekitEnvironment } from './support/scalekit-environment.mjs';

describe('mcp-remote', () => {
  const peers = scalekitEnvironment();
  let remote;
  before(async () => {
    remote = await mcpRemote();
  });
  after(() => remote.remove());

  test('logs in through a browser and lists the tools', async () => {
    const { emulator, server } = peers();
    await emulator.forget();
    const { code, printed } = await remote.client([server.url, remote.callbackPort, '--allow-http']);
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
    const { code, printed } = await remote.client([server.url, remote.callbackPort, '--allow-http']);
    assert.equal(code, 0, printed);
    assert.equal(json(printed, 'Tools:').tools.length, 3);
    const asked = await emulator.journal();
    assert.deepEqual(asked.filter((line) => line.includes('/oauth/')), [], 'it did not log in again');
  });

  test('carries the calls of a program that speaks stdio only', async () => {
    const { server } = peers();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [PROXY, server.url, String(await freePort()), '--allow-http'],
      env: { ...remote.env, MCP_REMOTE_CONFIG_DIR: join(remote.home, 'mcp-auth-of-the-proxy') },
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
