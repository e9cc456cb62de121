// Scalekit's own SDK against the emulator: it is how we know that the emulator is a Scalekit environment. Then the same
// tokens go to the SDK and to the `scalekit` example; where the two judge differently, the table says why.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ScalekitClient } from '@scalekit-sdk/node';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { callTool, challenge } from './support/mcp.mjs';
import { MACHINE, READ, RESOURCE, scalekitEnvironment, WRITE } from './support/scalekit-environment.mjs';

/** The environment client that every emulator has, and nobody else's. */
const ENVIRONMENT_CLIENT = { id: 'skc_1', secret: 'development-secret' };

const INVALID = { name: 'ScalekitValidateTokenFailureException' };

describe("Scalekit's Node SDK", () => {
  const peers = scalekitEnvironment();
  const sdk = ({ id, secret } = ENVIRONMENT_CLIENT) => new ScalekitClient(peers().emulator.url, id, secret);
  const mint = async (order) => (await peers().emulator.control('mint', order ?? {})).token;

  /** What an MCP server checks that uses the SDK as its documentation says. */
  const expected = () => {
    const { emulator } = peers();
    return { issuer: [emulator.url, `${emulator.url}/resources/${RESOURCE}`], audience: [RESOURCE] };
  };

  test('gets a token for the environment client', async () => {
    const token = await sdk().getClientAccessToken();
    const claims = await sdk().validateToken(token, { issuer: peers().emulator.url });
    assert.equal(claims.sub, ENVIRONMENT_CLIENT.id);
  });

  test('gets a token for a machine client of the resource, and the server accepts it', async () => {
    const token = await sdk().generateClientToken(MACHINE.id, MACHINE.secret);
    const claims = await sdk().validateToken(token, expected());
    assert.equal(claims.client_id, MACHINE.id);

    const { status, body } = await callTool(peers().server.url, token, 'whoami');
    assert.equal(status, 200);
    const { subject, kind } = body.result.structuredContent;
    assert.deepEqual({ subject, kind }, { subject: MACHINE.id, kind: 'machine' });
  });

  test('is told that a secret is wrong', async () => {
    await assert.rejects(sdk().generateClientToken(MACHINE.id, 'wrong'), { name: 'ScalekitUnauthorizedException' });
  });

  test('reads the claims of a user', async () => {
    const claims = await sdk().validateToken(await mint(), expected());
    const { sub, oid, aud, scope } = claims;
    assert.deepEqual({ sub, oid, scope }, { sub: 'usr_1', oid: 'org_1', scope: `${READ} ${WRITE}` });
    assert.deepEqual([...aud].sort(), [peers().server.url, RESOURCE].sort());
  });

  test('finds the scopes of a token in `scopes` only; the server finds them in both', async () => {
    const asText = await mint({ claims: { scope: READ, scopes: null } });
    await assert.rejects(sdk().validateToken(asText, { ...expected(), requiredScopes: [READ] }), INVALID);
    assert.equal((await callTool(peers().server.url, asText, 'whoami')).status, 200);

    const asList = await mint({ claims: { scope: null, scopes: [READ] } });
    const claims = await sdk().validateToken(asList, { ...expected(), requiredScopes: [READ] });
    assert.deepEqual(claims.scopes, [READ]);
    assert.equal((await callTool(peers().server.url, asList, 'whoami')).status, 200);
  });

  describe('judges a token as the server does, which', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const env = () => peers().emulator.url;

    // `sdk`: does the SDK accept it. `server`: the status of a call with it.
    for (const { what, order, sdk: accepted, server } of [
      { what: 'is in order', order: () => ({}), sdk: true, server: 200 },
      { what: 'names the environment as its issuer', order: () => ({ claims: { iss: env() } }), sdk: true, server: 200 },
      {
        what: 'names the resource as its issuer',
        order: () => ({ claims: { iss: `${env()}/resources/${RESOURCE}` } }),
        sdk: true,
        server: 200,
      },
      { what: 'names the resource in a string', order: () => ({ claims: { aud: RESOURCE } }), sdk: true, server: 200 },
      { what: 'names another issuer', order: () => ({ claims: { iss: 'https://evil.example.com' } }), sdk: false, server: 401 },
      { what: 'names its issuer with a slash', order: () => ({ claims: { iss: `${env()}/` } }), sdk: false, server: 401 },
      { what: 'is for the URL of the server only', order: () => ({ claims: { aud: [peers().server.url] } }), sdk: false, server: 401 },
      { what: 'is for another resource', order: () => ({ claims: { aud: ['res_other'] } }), sdk: false, server: 401 },
      { what: 'is for nobody', order: () => ({ claims: { aud: null } }), sdk: false, server: 401 },
      { what: 'has expired', order: () => ({ claims: { exp: now() - 3_600 } }), sdk: false, server: 401 },
      { what: 'is for later', order: () => ({ claims: { nbf: now() + 3_600 } }), sdk: false, server: 401 },
      { what: 'is signed by a stranger', order: () => ({ key: 'foreign' }), sdk: false, server: 401 },
      { what: 'is not signed', order: () => ({ key: 'none' }), sdk: false, server: 401 },
      { what: 'is signed with the public key as a secret', order: () => ({ key: 'hs256-public' }), sdk: false, server: 401 },
      { what: 'demands what nobody understands', order: () => ({ header: { crit: ['exp'] } }), sdk: false, server: 401 },
      // The SDK does not ask for an end; a token without one would live for ever.
      { what: 'has no end (the server is stricter)', order: () => ({ claims: { exp: null } }), sdk: true, server: 401 },
      // Scopes are the server's own to judge: 403 tells the client what to ask for.
      { what: 'lacks the scope of the server (which the server judges)', order: () => ({ claims: { scope: '', scopes: null } }), sdk: true, server: 403 },
    ]) {
      test(what, async () => {
        const token = await mint(order());
        const verdict = sdk().validateToken(token, expected());
        if (accepted) assert.equal((await verdict).iss, decodeJwt(token).iss);
        else await assert.rejects(verdict, INVALID);

        const answer = await callTool(peers().server.url, token, 'whoami');
        assert.equal(answer.status, server);
        if (server === 401) assert.equal(challenge(answer.headers).error, 'invalid_token');
        if (server === 403) assert.equal(challenge(answer.headers).error, 'insufficient_scope');
      });
    }
  });
});

describe('when the environment changes its keys', () => {
  const peers = scalekitEnvironment();

  test('the SDK has to be started again, the server goes on', async () => {
    const { emulator, server } = peers();
    const mint = async () => (await emulator.control('mint', {})).token;
    const sdk = () => new ScalekitClient(emulator.url, ENVIRONMENT_CLIENT.id, ENVIRONMENT_CLIENT.secret);
    const started = sdk();
    const before = await mint();
    await started.validateToken(before);
    assert.equal((await callTool(server.url, before, 'whoami')).status, 200);

    await emulator.control('rotate');
    const after = await mint();
    assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
    await assert.rejects(started.validateToken(after), INVALID);
    await sdk().validateToken(after);
    assert.equal((await callTool(server.url, after, 'whoami')).status, 200);
    assert.equal((await callTool(server.url, before, 'whoami')).status, 200, 'the old key is still published');
  });
});
