// The certified `oidc-provider` gives opaque tokens, and the `protected` example asks it about each (RFC 7662), with plain
// answers and with signed ones (RFC 9701).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import * as oauth from 'openid-client';

import { callTool } from './support/mcp.mjs';
import { InMemoryOAuthClient } from './support/oauth-client.mjs';
import { MACHINE, PUBLIC_CLIENT, USER } from './support/oidc-provider.mjs';
import { logsOf } from './support/processes.mjs';
import {
  ADMIN,
  assertInsufficientScope,
  assertUnauthorized,
  callAsPerson,
  INTROSPECTION,
  machineToken,
  OTHER_RESOURCE,
  pair,
  publicClient,
  USE,
  userToken,
} from './support/protected.mjs';

const ENDPOINT = '/token/introspection';

/** Starts what the tests of a group talk to, and prints its log when one fails. */
function peersOf(options) {
  const group = {};
  before(async () => {
    Object.assign(group, await pair({ format: 'opaque', ...options }));
  });
  after(() => group.stop?.());
  afterEach((context) => {
    if (!context.passed) console.error(logsOf([group.server]));
  });
  return group;
}

for (const signed of [false, true]) {
  describe(`opaque tokens, with ${signed ? 'signed' : 'plain'} answers about them`, () => {
    const peers = peersOf({ args: signed ? [...INTROSPECTION, '--signed-answers'] : INTROSPECTION });

    test('the token of a user who logged in is accepted', async () => {
      const token = await userToken(peers);
      assert.ok(!token.includes('.'), 'the token is opaque');
      const { status, body } = await callTool(peers.url, token, 'whoami');
      assert.equal(status, 200);
      const { subject, client_id, scopes, kind, issuer } = body.result.structuredContent;
      assert.deepEqual({ subject, client_id, scopes, kind, issuer }, {
        subject: USER,
        client_id: PUBLIC_CLIENT,
        scopes: [USE],
        kind: 'user',
        issuer: peers.issuer.issuer,
      });
    });

    test('the token of a machine is accepted', async () => {
      const { status, body } = await callTool(peers.url, await machineToken(peers, USE), 'whoami');
      assert.equal(status, 200);
      assert.equal(body.result.structuredContent.client_id, MACHINE.id);
      assert.equal(body.result.structuredContent.kind, 'machine');
    });

    test('a token for another resource, and one that nobody gave, are refused', async () => {
      const token = await userToken(peers, { resource: OTHER_RESOURCE });
      assertUnauthorized(await callTool(peers.url, token, 'whoami'), peers);
      const madeUp = token.split('').reverse().join('');
      assertUnauthorized(await callTool(peers.url, madeUp, 'whoami'), peers);
    });

    test('a tool may need more, and the server too', async () => {
      const weak = await userToken(peers);
      assertInsufficientScope(await callTool(peers.url, weak, 'admin'), peers, [USE, ADMIN]);
      const other = await userToken(peers, { scope: ADMIN });
      assertInsufficientScope(await callTool(peers.url, other, 'whoami'), peers, [USE]);
      const strong = await userToken(peers, { scope: `${USE} ${ADMIN}` });
      const { status } = await callTool(peers.url, strong, 'admin');
      assert.equal(status, 200);
    });

    test('a token that was revoked is refused at the next look', async () => {
      const client = await publicClient(peers);
      const token = await userToken(peers, { client });
      assert.equal((await callTool(peers.url, token, 'whoami')).status, 200);
      await oauth.tokenRevocation(client, token);
      assertUnauthorized(await callTool(peers.url, token, 'whoami'), peers);
    });

    test('each request asks, and the token is in no log', async () => {
      const token = await userToken(peers);
      const asked = peers.issuer.requests.get(ENDPOINT);
      await callTool(peers.url, token, 'whoami');
      await callTool(peers.url, token, 'whoami');
      assert.equal(peers.issuer.requests.get(ENDPOINT), asked + 2);
      assert.ok(!peers.server.log().includes(token));
    });

    test('the TypeScript SDK logs in', async () => {
      const login = new InMemoryOAuthClient();
      const connect = async () => {
        const transport = new StreamableHTTPClientTransport(new URL(peers.url), { authProvider: login });
        const client = new Client(
          { name: 'interop', version: '1.0.0' },
          { versionNegotiation: { mode: { pin: '2026-07-28' } } },
        );
        return { transport, client, connected: client.connect(transport) };
      };
      const first = await connect();
      await assert.rejects(first.connected, UnauthorizedError);
      await first.transport.finishAuth(login.lastCallback);
      await first.client.close();

      const second = await connect();
      await second.connected;
      const { structuredContent } = await second.client.callTool({ name: 'whoami', arguments: {} });
      assert.equal(structuredContent.subject, USER);
      await second.client.close();
    });

    test('our client logs in', async () => {
      const { printed } = await callAsPerson(peers.url, 'whoami');
      assert.ok(printed.includes(`\\"subject\\":\\"${USER}\\"`), printed);
    });
  });
}

describe('when the authorization server does not answer questions about tokens', () => {
  const peers = peersOf({ args: INTROSPECTION });

  test('nobody is let in and nobody is blamed', async () => {
    const token = await userToken(peers);
    peers.issuer.faults.introspection = 'status500';
    const answer = await callTool(peers.url, token, 'whoami');
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('retry-after'), /^[1-9][0-9]*$/);
    assert.equal(answer.headers.get('www-authenticate'), null);
  });
});

for (const [what, options] of [
  ['does not take the secret of the server', { args: INTROSPECTION, secret: 'another secret' }],
  ['signs no answers where signed ones are demanded', {
    args: [...INTROSPECTION, '--signed-answers'],
    server: { signsAnswers: false },
  }],
]) {
  describe(`when the authorization server ${what}`, () => {
    const peers = peersOf(options);

    test('the caller is not blamed', async () => {
      const answer = await callTool(peers.url, await userToken(peers), 'whoami');
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('www-authenticate'), null);
    });
  });
}
