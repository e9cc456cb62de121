// The certified `oidc-provider` gives the tokens, the `protected` example judges them. What no honest server would give
// is signed with that server's own key.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { callTool, challenge, request } from './support/mcp.mjs';
import { InMemoryOAuthClient } from './support/oauth-client.mjs';
import { MACHINE, PUBLIC_CLIENT, USER } from './support/oidc-provider.mjs';
import { logsOf } from './support/processes.mjs';
import {
  ADMIN,
  assertInsufficientScope,
  assertUnauthorized,
  machineToken,
  OTHER_RESOURCE,
  pair,
  USE,
  userToken,
} from './support/protected.mjs';

describe('oidc-provider as the authorization server', () => {
  let peers;
  before(async () => {
    peers = await pair();
  });
  after(() => peers?.stop());
  afterEach((context) => {
    if (!context.passed) console.error(logsOf([peers?.server]));
  });

  test('a request without a token is told where to log in and for what', async () => {
    const answer = await request(peers.url, undefined, 'tools/list');
    assert.equal(answer.status, 401);
    assert.deepEqual(challenge(answer.headers), { scheme: 'Bearer', scope: USE, resource_metadata: peers.metadata });

    const metadata = await (await fetch(peers.metadata)).json();
    assert.equal(metadata.resource, peers.url);
    assert.deepEqual(metadata.authorization_servers, [peers.issuer.issuer]);
  });

  test('the token of a user who logged in is accepted', async () => {
    const token = await userToken(peers);
    assert.equal(decodeProtectedHeader(token).typ, 'at+jwt');
    assert.equal(decodeJwt(token).aud, peers.url);

    const { status, body } = await callTool(peers.url, token, 'whoami');
    assert.equal(status, 200);
    assert.equal(body.result.isError ?? false, false);
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
    const { subject, client_id, kind } = body.result.structuredContent;
    assert.deepEqual({ subject, client_id, kind }, { subject: MACHINE.id, client_id: MACHINE.id, kind: 'machine' });
  });

  test('a token for another resource of the same issuer is refused', async () => {
    const token = await userToken(peers, { resource: OTHER_RESOURCE });
    assert.equal(decodeJwt(token).aud, OTHER_RESOURCE);
    assertUnauthorized(await callTool(peers.url, token, 'whoami'), peers);
  });

  test('a token without the scope of the server is told which one it lacks', async () => {
    const token = await userToken(peers, { scope: ADMIN });
    assertInsufficientScope(await callTool(peers.url, token, 'whoami'), peers, [USE]);
  });

  test('a tool may need more, says all that it needs, and is served with it', async () => {
    const weak = await userToken(peers);
    const refused = await callTool(peers.url, weak, 'admin');
    assertInsufficientScope(refused, peers, [USE, ADMIN]);

    const strong = await userToken(peers, { scope: challenge(refused.headers).scope });
    const { status, body } = await callTool(peers.url, strong, 'admin');
    assert.equal(status, 200);
    assert.equal(body.result.content[0].text, `${USER} is an administrator.`);
  });

  describe('a token that the same key signed is still refused when it', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const good = () => ({
      iss: peers.issuer.issuer,
      aud: peers.url,
      sub: USER,
      client_id: PUBLIC_CLIENT,
      scope: USE,
      iat: now(),
      exp: now() + 300,
    });

    test('is in order: accepted, so that the refusals below mean something', async () => {
      const { status } = await callTool(peers.url, await peers.issuer.mint(good()), 'whoami');
      assert.equal(status, 200);
    });

    for (const [what, change, header] of [
      ['has expired', () => ({ iat: now() - 7_200, exp: now() - 3_600 })],
      ['has no end', () => ({ exp: undefined })],
      ['is for later', () => ({ nbf: now() + 3_600 })],
      ['has no audience', () => ({ aud: undefined })],
      ['has an empty list of audiences', () => ({ aud: [] })],
      ['names the resource with a slash at the end', () => ({ aud: `${peers.url}/` })],
      ['names another issuer', () => ({ iss: 'https://login.example.com' })],
      ['names the issuer with a slash at the end', () => ({ iss: `${peers.issuer.issuer}/` })],
      ['has no subject', () => ({ sub: undefined })],
      ['names a key that nobody has', () => ({}), { kid: 'key-2' }],
      ['demands what nobody understands', () => ({}), { crit: ['x-extension'], 'x-extension': true }],
    ]) {
      test(what, async () => {
        const token = await peers.issuer.mint({ ...good(), ...change() }, header);
        assertUnauthorized(await callTool(peers.url, token, 'whoami'), peers);
      });
    }

    test('was changed after it was signed', async () => {
      const [header, payload, signature] = (await peers.issuer.mint(good())).split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url'));
      const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'eve' })).toString('base64url');
      assertUnauthorized(await callTool(peers.url, [header, changed, signature].join('.'), 'whoami'), peers);
    });
  });

  test("the caller's token stays in the server: out of its own requests, and out of its log", async () => {
    let seen;
    const sink = createServer((incoming, response) => {
      seen = { method: incoming.method, url: incoming.url, headers: incoming.rawHeaders };
      response.end('ok');
    });
    await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
    try {
      const token = await userToken(peers);
      const { status, body } = await callTool(peers.url, token, 'echo_headers', {
        url: `http://127.0.0.1:${sink.address().port}/probe`,
      });
      assert.equal(status, 200);
      assert.equal(body.result.isError ?? false, false, JSON.stringify(body));
      assert.equal(seen?.url, '/probe', 'the tool called the address');

      const signature = token.split('.')[2];
      for (const [where, text] of Object.entries({
        'the request': JSON.stringify(seen),
        'the answer': JSON.stringify(body),
        'the log': peers.server.log(),
      })) {
        assert.ok(!text.includes(signature), `${where} holds the token`);
        assert.ok(where === 'the log' || !/authorization/i.test(text), `${where} has an authorization header`);
      }
    } finally {
      sink.closeAllConnections();
      sink.close();
    }
  });

  test('the TypeScript SDK finds, registers with and logs in at the authorization server', async () => {
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
    assert.deepEqual(structuredContent.scopes, [USE]);
    await second.client.close();
    assert.equal(peers.issuer.requests.get('/reg'), 1, 'the client registered itself once');
  });
});

describe('when the key set cannot be had', () => {
  let peers;
  before(async () => {
    peers = await pair();
  });
  after(() => peers?.stop());
  afterEach((context) => {
    if (!context.passed) console.error(logsOf([peers?.server]));
  });

  test('nobody is let in and nobody is blamed', async () => {
    peers.issuer.faults.jwks = 'status500';
    const answer = await callTool(peers.url, await userToken(peers), 'whoami');
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('retry-after'), /^[1-9][0-9]*$/);
    assert.equal(answer.headers.get('www-authenticate'), null);
  });
});

describe('when the key set is lost after it was read', () => {
  let peers;
  before(async () => {
    peers = await pair();
  });
  after(() => peers?.stop());
  afterEach((context) => {
    if (!context.passed) console.error(logsOf([peers?.server]));
  });

  test('tokens of known keys are still judged', async () => {
    const first = await callTool(peers.url, await userToken(peers), 'whoami');
    assert.equal(first.status, 200);

    peers.issuer.faults.jwks = 'status500';
    const good = await callTool(peers.url, await userToken(peers), 'whoami');
    assert.equal(good.status, 200, 'a token that was not seen before is verified with the key that is held');
    const bad = await callTool(peers.url, await userToken(peers, { resource: OTHER_RESOURCE }), 'whoami');
    assertUnauthorized(bad, peers);
  });
});
