// Other people's clients at servers that are their own authorization server: the examples `oauth_server`, which knows its
// people, `oauth_proxy`, behind which the certified `oidc-provider` does, and `github` behind the emulated GitHub. The client
// sees no difference.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import * as second from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'openid-client';

import {
  authorization,
  CALLBACK,
  EXAMPLES,
  logIn,
  refusal,
  register,
} from './support/authorization-servers.mjs';
import { callTool, challenge, request } from './support/mcp.mjs';
import { json, mcpRemote } from './support/mcp-remote.mjs';
import { InMemoryOAuthClient } from './support/oauth-client.mjs';
import { Person } from './support/person.mjs';
import { logsOf, run, thyra } from './support/processes.mjs';

const INFO = { name: 'interop', version: '1.0.0' };

const GENERATIONS = {
  'version 1': {
    UnauthorizedError,
    client: () => new Client(INFO),
    transport: (url, authProvider) => new StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback.get('code')),
    // It uses a refresh token where it should ask the person again, and gives up.
    refreshesOnly: true,
  },
  'version 2': {
    UnauthorizedError: second.UnauthorizedError,
    client: () => new second.Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    transport: (url, authProvider) => new second.StreamableHTTPClientTransport(url, { authProvider }),
    finish: (transport, callback) => transport.finishAuth(callback),
  },
};

for (const [name, { start, tools, user }] of Object.entries(EXAMPLES)) {
  const stepsUp = tools.includes('write_note');

  describe(`the example ${name}`, () => {
    let peers;
    before(async () => {
      peers = await start();
    });
    after(() => peers?.stop());
    afterEach((context) => {
      if (!context.passed) console.error(logsOf([peers?.server]));
    });

    /** What the example says of the bearer of a token: the status of the answer. */
    const status = async (token) => (await callTool(peers.url, token, 'whoami')).status;

    describe('openid-client', () => {
      test('finds the authorization server, and what it says of itself is true', async () => {
        const refused = await request(peers.url, undefined, 'tools/list');
        assert.equal(refused.status, 401);
        const resource = await (await fetch(challenge(refused.headers).resource_metadata)).json();
        assert.equal(resource.resource, peers.url);
        assert.deepEqual(resource.authorization_servers, [peers.origin]);

        const client = await oauth.discovery(new URL(peers.origin), 'nobody', undefined, oauth.None(), {
          algorithm: 'oauth2',
          execute: [oauth.allowInsecureRequests],
        });
        const metadata = client.serverMetadata();
        assert.equal(metadata.issuer, peers.origin);
        assert.equal(metadata.authorization_response_iss_parameter_supported, true);
        assert.equal(metadata.client_id_metadata_document_supported, true);
        assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
        assert.ok(metadata.token_endpoint_auth_methods_supported.includes('none'));
        assert.deepEqual(metadata.response_types_supported, ['code']);

        const also = await fetch(`${peers.origin}/.well-known/openid-configuration`, {
          headers: { origin: 'https://app.example' },
        });
        const { id_token_signing_alg_values_supported, subject_types_supported, ...rest } = await also.json();
        assert.deepEqual(rest, JSON.parse(JSON.stringify(metadata)));
        assert.equal(also.headers.get('access-control-allow-origin'), '*');
      });

      test('registers, logs a person in, and calls', async () => {
        const client = await register(peers);
        const { tokens, callback, pages } = await logIn(client, peers);
        assert.equal(callback.searchParams.getAll('iss').length, 1);
        assert.equal(pages.length, 1, 'the person sees one page of ours');
        assert.ok(pages[0].html.includes('openid-client'), 'the page names the client');
        assert.ok(pages[0].html.includes('127.0.0.1'), 'and where the answer goes');
        assert.ok(!pages[0].html.includes('<script'));
        assert.equal(pages[0].headers.get('x-frame-options'), 'DENY');

        const { jwks_uri: keys } = client.serverMetadata();
        const { payload, protectedHeader } = await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(keys)), {
          issuer: peers.origin,
          audience: peers.url,
          typ: 'at+jwt',
          algorithms: ['ES256'],
        });
        assert.ok(protectedHeader.kid);
        assert.equal(payload.client_id, client.clientMetadata().client_id);
        assert.equal(payload.sub, user);
        assert.ok(tokens.refresh_token);

        const { body } = await callTool(peers.url, tokens.access_token, 'whoami');
        const caller = body.result.structuredContent;
        assert.equal(caller.subject, user);
        assert.equal(caller.issuer, peers.origin);
        assert.equal(caller.client_id, client.clientMetadata().client_id);
        if (!tools.includes('add')) return;
        const sum = await callTool(peers.url, tokens.access_token, 'add', { a: 2, b: 40 });
        assert.equal(sum.body.result.content[0].text, '42');
      });

      test('refreshes; the tokens before the last ones are stolen ones, and end the login', async () => {
        const client = await register(peers);
        const { tokens: first } = await logIn(client, peers);
        const next = await oauth.refreshTokenGrant(client, first.refresh_token);
        assert.notEqual(next.refresh_token, first.refresh_token);
        assert.equal(await status(next.access_token), 200);

        // Whoever asks twice gets the same: a client that lost the answer keeps its login.
        const again = await oauth.refreshTokenGrant(client, first.refresh_token);
        assert.equal(again.refresh_token, next.refresh_token);
        assert.equal(await status(again.access_token), 200);

        const last = await oauth.refreshTokenGrant(client, next.refresh_token);
        assert.equal(await status(last.access_token), 200);
        assert.equal(await status(first.access_token), 401, 'a refresh ends the tokens before');

        const thief = await refusal(oauth.refreshTokenGrant(client, first.refresh_token));
        assert.deepEqual(thief, { error: 'invalid_grant', status: 400 });
        assert.equal(await status(last.access_token), 401, 'the whole login has ended');
        const owner = await refusal(oauth.refreshTokenGrant(client, last.refresh_token));
        assert.deepEqual(owner, { error: 'invalid_grant', status: 400 });
      });

      test('revokes: either token ends both', async () => {
        for (const kind of ['access_token', 'refresh_token']) {
          const client = await register(peers);
          const { tokens } = await logIn(client, peers);
          assert.equal(await status(tokens.access_token), 200);
          await oauth.tokenRevocation(client, tokens[kind], { token_type_hint: kind });
          assert.equal(await status(tokens.access_token), 401, kind);
          const refused = await refusal(oauth.refreshTokenGrant(client, tokens.refresh_token));
          assert.equal(refused.error, 'invalid_grant', kind);
        }
      });

      test('cannot revoke what another client got', async () => {
        const { tokens } = await logIn(await register(peers), peers);
        const other = await register(peers);
        await oauth.tokenRevocation(other, tokens.refresh_token).catch(() => {});
        assert.equal(await status(tokens.access_token), 200);
        await refusal(oauth.refreshTokenGrant(other, tokens.refresh_token));
        assert.equal(await status(tokens.access_token), 200);
      });

      test('hears that the person refused', async () => {
        const client = await register(peers);
        const { request: asked, checks } = await authorization(client, peers);
        const callback = await new Person({ button: 'deny' }).logIn(asked, CALLBACK);
        assert.equal(callback.searchParams.get('iss'), peers.origin);
        const { error } = await refusal(oauth.authorizationCodeGrant(client, callback, checks));
        assert.equal(error, 'access_denied');
      });

      test('gets one token for a code, and loses it to a second redemption', async () => {
        const client = await register(peers);
        const { tokens, callback, checks } = await logIn(client, peers);
        assert.equal(await status(tokens.access_token), 200);
        const { error } = await refusal(oauth.authorizationCodeGrant(client, callback, checks));
        assert.equal(error, 'invalid_grant');
        assert.equal(await status(tokens.access_token), 401);
      });

      test('cannot redeem the code of another client', async () => {
        const victim = await register(peers);
        const { request: asked, checks } = await authorization(victim, peers);
        const callback = await new Person().logIn(asked, CALLBACK);
        const thief = await register(peers);
        const { error } = await refusal(oauth.authorizationCodeGrant(thief, callback, checks));
        assert.equal(error, 'invalid_grant');
        const tokens = await oauth.authorizationCodeGrant(victim, callback, checks, { resource: peers.url });
        assert.equal(await status(tokens.access_token), 200, 'the code is still the victim’s');
      });

      test('is refused without PKCE, for another resource, and for another redirect URI', async () => {
        const client = await register(peers);
        const answer = async (parameters) => {
          const { request: asked } = await authorization(client, peers, parameters);
          for (const [key, value] of Object.entries(parameters)) {
            if (value === undefined) asked.searchParams.delete(key);
          }
          return fetch(asked, { redirect: 'manual' });
        };
        for (const [parameters, error] of [
          [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
          [{ code_challenge_method: 'plain' }, 'invalid_request'],
          [{ resource: 'https://other.example/mcp' }, 'invalid_target'],
          [{ response_type: 'token' }, 'unsupported_response_type'],
        ]) {
          const refused = await answer(parameters);
          const location = new URL(refused.headers.get('location'));
          assert.equal(`${location.origin}${location.pathname}`, CALLBACK, error);
          assert.equal(location.searchParams.get('error'), error);
          assert.equal(location.searchParams.get('iss'), peers.origin);
          assert.ok(location.searchParams.get('state'));
        }
        for (const redirect_uri of ['https://evil.example/callback', `${CALLBACK}/../x`, 'javascript:alert(1)']) {
          const refused = await answer({ redirect_uri });
          assert.equal(refused.status, 400, redirect_uri);
          assert.equal(refused.headers.get('location'), null);
        }
      });
    });

    for (const [version, generation] of Object.entries(GENERATIONS)) {
      test(`the TypeScript SDK, ${version}, logs in, calls${stepsUp ? ' and steps up' : ''}`, async () => {
        const url = new URL(peers.url);
        const login = new InMemoryOAuthClient(new Person());
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
          assert.equal(caller.subject, user);
          if (!stepsUp || generation.refreshesOnly) return;
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
          assert.ok(!peers.server.log().includes(token.split('.')[2]), 'the server printed a token');
        }
      });
    }

    test('mcp-remote logs in through a browser, and comes back with what it kept', async () => {
      const remote = await mcpRemote();
      try {
        for (let visit = 0; visit < 2; visit += 1) {
          const { code, printed } = await remote.client([peers.url, remote.callbackPort, '--allow-http']);
          assert.equal(code, 0, printed);
          const names = json(printed, 'Tools:').tools.map((tool) => tool.name);
          assert.ok(names.includes('whoami'), printed);
        }
      } finally {
        await remote.remove();
      }
    });

    test('the program `thyra` logs in, calls, and logs out', async () => {
      const home = await mkdtemp(join(tmpdir(), 'thyra-'));
      const program = (...args) =>
        run({
          command: thyra(),
          args,
          env: { HOME: home, XDG_DATA_HOME: join(home, 'data'), DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' },
        });
      try {
        const running = program('login', peers.url, '--no-browser');
        const [address] = await running.printed(/http:\/\/127\.0\.0\.1:\d+\/authorize\S*(?=\n)/);
        const person = new Person();
        const answer = await person.logInToTheEnd(address);
        const login = await running.end;
        assert.equal(login.code, 0, login.stderr);
        assert.equal(answer.status, 200);

        const call = await program('call', peers.url, 'whoami', '--no-login').end;
        assert.equal(call.code, 0, call.stderr);
        assert.ok(call.stdout.includes(user), call.stdout);

        const out = await program('logout', peers.url).end;
        assert.equal(out.code, 0, out.stderr);
        const refused = await program('call', peers.url, 'whoami', '--no-login').end;
        assert.equal(refused.code, 3, refused.stderr);
      } finally {
        await rm(home, { recursive: true });
      }
    });

    if (tools.includes('profile')) {
      test('a tool asks GitHub for the person, and nobody sees the token of GitHub', async () => {
        const { tokens } = await logIn(await register(peers), peers);
        const { status: answered, body } = await callTool(peers.url, tokens.access_token, 'profile');
        assert.equal(answered, 200);
        assert.equal(body.result.isError ?? false, false, JSON.stringify(body));
        assert.equal(String(body.result.structuredContent.id), user);
        const seen = `${JSON.stringify(tokens)}${JSON.stringify(body)}${peers.server.log()}`;
        assert.doesNotMatch(seen, /gho_/);
        const claims = Buffer.from(tokens.access_token.split('.')[1], 'base64url').toString();
        assert.doesNotMatch(claims, /gho_/);
      });
    }

    test('nothing that is secret was printed', () => {
      const log = peers.server.log();
      assert.doesNotMatch(log, /eyJ[\w-]{10,}\./, 'a token');
      assert.doesNotMatch(log, /code_verifier=|client_secret=/);
    });
  });
}
