// The TypeScript SDK, in both of its generations, logs in at the emulator and calls the `scalekit` example.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as second from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { InMemoryOAuthClient } from './support/oauth-client.mjs';
import { READ, RESOURCE, scalekitEnvironment, WRITE } from './support/scalekit-environment.mjs';

const INFO = { name: 'interop', version: '1.0.0' };

const GENERATIONS = {
  'version 1, with a handshake': {
    UnauthorizedError,
    client: () => new Client(INFO),
    transport: (url, authProvider) => new StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback.get('code')),
    revision: '2025-11-25',
  },
  'version 2, without a handshake': {
    UnauthorizedError: second.UnauthorizedError,
    client: () => new second.Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    transport: (url, authProvider) => new second.StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback),
    revision: '2026-07-28',
  },
  'version 2, choosing for itself': {
    UnauthorizedError: second.UnauthorizedError,
    client: () => new second.Client(INFO, { versionNegotiation: { mode: 'auto' } }),
    transport: (url, authProvider) => new second.StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback),
    revision: '2026-07-28',
  },
};

/** Connects as a client does that has never been here: refused, logged in, connected. */
async function connect(generation, url) {
  const login = new InMemoryOAuthClient();
  const refused = generation.transport(url, login);
  const stranger = generation.client();
  await assert.rejects(stranger.connect(refused), generation.UnauthorizedError);
  await generation.finish(refused, login.lastCallback);
  await stranger.close();

  const transport = generation.transport(url, login);
  const client = generation.client();
  await client.connect(transport);
  return { client, transport, login };
}

describe('the TypeScript SDK', () => {
  const peers = scalekitEnvironment();

  for (const [name, generation] of Object.entries(GENERATIONS)) {
    describe(name, () => {
      test('discovers, registers, logs in and calls tools', async () => {
        const { emulator, server } = peers();
        await emulator.forget();
        const { client, transport, login } = await connect(generation, new URL(server.url));
        try {
          const { searchParams } = login.authorizations[0];
          assert.equal(login.authorizations.length, 1);
          assert.equal(searchParams.get('resource'), server.url);
          assert.equal(searchParams.get('code_challenge_method'), 'S256');
          assert.deepEqual(searchParams.get('scope').split(' '), [READ]);
          assert.equal(login.lastCallback.get('iss'), `${emulator.url}/resources/${RESOURCE}`);

          const asked = await emulator.journal();
          for (const step of [
            `GET /.well-known/oauth-authorization-server/resources/${RESOURCE}`,
            `POST /api/v1/resources/${RESOURCE}/clients:register`,
            `GET /resources/${RESOURCE}/oauth/authorize`,
            `POST /resources/${RESOURCE}/oauth/token`,
          ]) {
            assert.equal(asked.filter((line) => line === step).length, 1, `${step} once, in:\n${asked.join('\n')}`);
          }

          assert.equal(transport.protocolVersion, generation.revision);
          const { tools } = await client.listTools();
          assert.deepEqual(tools.map((tool) => tool.name).sort(), ['add', 'whoami', 'write_note']);
          assert.deepEqual(tools.find((tool) => tool.name === 'add').inputSchema.required, ['a', 'b']);

          const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 40 } });
          assert.deepEqual(sum.content, [{ type: 'text', text: '42' }]);

          const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} });
          assert.equal(structuredContent.subject, 'usr_1');
          assert.equal(structuredContent.org_id, 'org_1');
          assert.equal(structuredContent.kind, 'user');
          assert.deepEqual(structuredContent.scopes, [READ]);
          assert.match(structuredContent.client_id, /^m2m_/);
        } finally {
          await client.close();
        }
        for (const token of login.issued) {
          for (const program of [emulator, server]) {
            assert.ok(!program.log().includes(token.split('.')[2]), `${program.name} printed a token`);
          }
        }
      });

      test('steps up when a tool needs another scope', async () => {
        const { server } = peers();
        const { client, transport, login } = await connect(generation, new URL(server.url));
        try {
          const note = { name: 'write_note', arguments: { text: 'buy milk' } };
          await assert.rejects(client.callTool(note), generation.UnauthorizedError);
          assert.equal(login.authorizations.length, 2);
          const scope = login.authorizations[1].searchParams.get('scope').split(' ');
          assert.deepEqual(scope.sort(), [READ, WRITE]);

          await generation.finish(transport, login.lastCallback);
          const { content, isError } = await client.callTool(note);
          assert.equal(isError ?? false, false);
          assert.match(content[0].text, /^Noted\. There are \d+ notes\.$/);

          const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} });
          assert.deepEqual(structuredContent.scopes.sort(), [READ, WRITE]);
        } finally {
          await client.close();
        }
      });

      test('shows wrong arguments as an error of the tool', async () => {
        const { server } = peers();
        const { client } = await connect(generation, new URL(server.url));
        try {
          const { content, isError } = await client.callTool({ name: 'add', arguments: { a: 2, b: 'many' } });
          assert.equal(isError, true);
          assert.match(content[0].text, /\bb\b/);
        } finally {
          await client.close();
        }
      });
    });
  }
});
