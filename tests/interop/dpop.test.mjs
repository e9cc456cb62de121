// Tokens that the certified `oidc-provider` binds to a key of the client (RFC 9449), at the `protected` example: JSON Web
// Tokens, and opaque ones about which it asks.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import * as oauth from 'openid-client';

import { callTool, challenge, message, request } from './support/mcp.mjs';
import { USER } from './support/oidc-provider.mjs';
import { logsOf } from './support/processes.mjs';
import { callAsPerson, INTROSPECTION, pair, publicClient, userToken } from './support/protected.mjs';

for (const format of ['jwt', 'opaque']) {
  for (const nonces of [false, true]) {
    describe(`bound tokens, ${format}, ${nonces ? 'with' : 'without'} nonces of both servers`, () => {
      let peers;
      before(async () => {
        const asks = format === 'opaque' ? INTROSPECTION : [];
        const args = [...asks, '--dpop', 'required', ...(nonces ? ['--dpop-nonces'] : [])];
        peers = await pair({ format, args, server: { nonces } });
      });
      after(() => peers?.stop());
      afterEach((context) => {
        if (!context.passed) console.error(logsOf([peers?.server]));
      });

      /** A client with a key, and a token that is bound to it. */
      async function bound() {
        const client = await publicClient(peers);
        const DPoP = oauth.getDPoPHandle(client, await oauth.randomDPoPKeyPair('ES256'));
        return { client, DPoP, token: await userToken(peers, { client, DPoP }) };
      }

      /** Calls `whoami` with `token` and a proof by `DPoP`, and once more if the server wants a nonce. */
      async function call({ client, DPoP, token }) {
        const { headers, body } = message('tools/call', { name: 'whoami', arguments: {} });
        const send = () =>
          oauth.fetchProtectedResource(client, token, new URL(peers.url), 'POST', body, new Headers(headers), { DPoP });
        try {
          return await send();
        } catch (error) {
          if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response;
          throw error;
        }
      }

      test('a request without a token is told that it must be bound', async () => {
        const answer = await request(peers.url, undefined, 'tools/list');
        assert.equal(answer.status, 401);
        const { scheme, resource_metadata } = challenge(answer.headers);
        assert.deepEqual({ scheme, resource_metadata }, { scheme: 'DPoP', resource_metadata: peers.metadata });
        const metadata = await (await fetch(peers.metadata)).json();
        assert.equal(metadata.dpop_bound_access_tokens_required, true);
      });

      test('a bound token with a proof is accepted', async () => {
        const held = await bound();
        if (format === 'jwt') assert.ok(decodeJwt(held.token).cnf.jkt);
        const answer = await call(held);
        assert.equal(answer.status, 200);
        const { result } = await answer.json();
        assert.equal(result.structuredContent.subject, USER);
      });

      test('a bound token is worth nothing to a thief', async () => {
        const held = await bound();
        assert.equal((await callTool(peers.url, held.token, 'whoami')).status, 401);
        const thief = await bound();
        assert.equal((await call({ ...thief, token: held.token })).status, 401);
        assert.equal((await call(held)).status, 200);
      });

      test('a token that is not bound is refused', async () => {
        assert.equal((await callTool(peers.url, await userToken(peers), 'whoami')).status, 401);
      });

      test('the TypeScript SDK calls with proofs of openid-client', async () => {
        const { client, DPoP, token } = await bound();
        const transport = new StreamableHTTPClientTransport(new URL(peers.url), {
          fetch: (url, { method = 'GET', body, headers, signal } = {}) =>
            oauth.fetchProtectedResource(client, token, new URL(url), method, body, new Headers(headers), { DPoP, signal }),
        });
        const mcp = new Client(
          { name: 'interop', version: '1.0.0' },
          { versionNegotiation: { mode: { pin: '2026-07-28' } } },
        );
        await mcp.connect(transport);
        const { structuredContent } = await mcp.callTool({ name: 'whoami', arguments: {} });
        assert.equal(structuredContent.subject, USER);
        await mcp.close();
      });

      test('our client logs in and proves each request', async () => {
        const { printed, page } = await callAsPerson(peers.url, 'whoami');
        assert.ok(page.searchParams.get('dpop_jkt'), 'the code is bound as well');
        assert.ok(printed.includes(`\\"subject\\":\\"${USER}\\"`), printed);
      });
    });
  }
}
