// The TypeScript SDK, in both of its generations, through a whole login at every emulated identity provider, to the
// `provider` example behind it.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import * as second from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { InMemoryOAuthClient } from './support/oauth-client.mjs';
import { logsOf } from './support/processes.mjs';
import { APPLICATION, READ, startVendor, VENDORS, WRITE } from './support/vendors.mjs';

const INFO = { name: 'interop', version: '1.0.0' };

const GENERATIONS = {
  'version 1': {
    UnauthorizedError,
    client: () => new Client(INFO),
    transport: (url, authProvider) => new StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback.get('code')),
    refreshesOnly: true,
  },
  'version 2': {
    UnauthorizedError: second.UnauthorizedError,
    client: () => new second.Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    transport: (url, authProvider) => new second.StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback),
  },
};

for (const [name, vendor] of Object.entries(VENDORS)) {
  describe(name, () => {
    let peers;
    before(async () => {
      peers = await startVendor(name, new InMemoryOAuthClient().redirectUrl);
    });
    after(() => peers?.stop());
    afterEach((context) => {
      if (!context.passed && peers) console.error(logsOf([peers.emulator, peers.server]));
    });

    for (const [version, generation] of Object.entries(GENERATIONS)) {
      test(`the TypeScript SDK, ${version}, logs in, calls and steps up`, async () => {
        const url = new URL(peers.url);
        const login = new InMemoryOAuthClient();
        if (!vendor.registers) login.saveClientInformation({ client_id: APPLICATION });
        const refused = generation.transport(url, login);
        const stranger = generation.client();
        await assert.rejects(stranger.connect(refused), generation.UnauthorizedError);
        await generation.finish(refused, login.lastCallback);
        await stranger.close();

        const transport = generation.transport(url, login);
        const client = generation.client();
        await client.connect(transport);
        try {
          const { structuredContent: caller } = await client.callTool({ name: 'whoami', arguments: {} });
          assert.ok(caller.subject, 'the caller has a name');
          if (!vendor.scopes) return;
          assert.ok(caller.scopes.includes(READ), `${caller.scopes}`);
          assert.ok(!caller.scopes.includes(WRITE), `${caller.scopes}`);

          // Version 1 uses a refresh token where it should ask the person again, and gives up.
          if (generation.refreshesOnly && login.tokens().refresh_token) return;
          const note = { name: 'write_note', arguments: { text: 'buy milk' } };
          await assert.rejects(client.callTool(note), generation.UnauthorizedError);
          await generation.finish(transport, login.lastCallback);
          const { content, isError } = await client.callTool(note);
          assert.equal(isError ?? false, false);
          assert.match(content[0].text, /^Noted\./);
        } finally {
          await client.close();
        }
        for (const token of login.issued) {
          const secret = token.split('.')[2] ?? token;
          for (const program of [peers.emulator, peers.server]) {
            assert.ok(!program.log().includes(secret), `${program.name} printed a token`);
          }
        }
      });
    }
  });
}
