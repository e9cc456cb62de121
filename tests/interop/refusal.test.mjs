// Node's own `fetch` and `http` at the `protected` example without a token: whatever they send, they see the 401, and a
// client that keeps its connection can use it again.

import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { example, freePort, logsOf, start } from './support/processes.mjs';

const TIMES = 20;
const LATE_MS = 20;

describe('A client of Node without a token', () => {
  let server;
  let url;
  let failed = false;

  before(async () => {
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}/mcp`;
    server = await start({
      name: 'the protected example',
      command: example('protected'),
      // Nobody asks the issuer: there is no token to be verified.
      args: ['--http', address, '--issuer', 'http://127.0.0.1:9/'],
      ready: url,
    });
  });
  afterEach((context) => {
    failed ||= context.error !== undefined && context.error !== null;
  });
  after(async () => {
    await server?.stop();
    if (failed) console.error(logsOf([server]));
  });

  for (const [size, what] of [
    [0, 'no body'],
    [40, '40 bytes'],
    [200_000, '200 KB'],
    [4_000_000, '4 MB'],
    // Over the limit of a message, so the refusal is another one.
    [12_000_000, '12 MB'],
  ]) {
    test(`sees the refusal of ${what} with fetch`, async () => {
      const body = 'a'.repeat(size);
      for (let time = 0; time < TIMES; time += 1) {
        const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        assert.equal(response.status, size > 4_194_304 ? 413 : 401);
        assert.notEqual(await response.text(), '');
      }
    });
  }

  test('sees the refusal of 40 bytes that fetch sends late, in chunks', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      const body = new ReadableStream({
        async start(controller) {
          await pause(LATE_MS);
          controller.enqueue(new TextEncoder().encode('a'.repeat(40)));
          controller.close();
        },
      });
      const response = await fetch(url, { method: 'POST', body, duplex: 'half' });
      assert.equal(response.status, 401);
      await response.text();
    }
  });

  test('sees the refusal of 40 bytes that come late, twenty times on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set();
    for (let time = 0; time < TIMES; time += 1) {
      const { status, port } = await late(url, agent);
      assert.equal(status, 401);
      ports.add(port);
    }
    agent.destroy();
    assert.equal(ports.size, 1, 'the connection was used again');
  });
});

/** Sends the head of a request, and its 40 bytes a little later. */
function late(url, agent) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-length': 40 } }, (response) => {
      const { statusCode: status, socket } = response;
      const port = socket.localPort;
      response.resume().once('end', () => resolve({ status, port }));
    });
    sent.once('error', reject);
    sent.flushHeaders();
    setTimeout(() => sent.end('a'.repeat(40)), LATE_MS);
  });
}
