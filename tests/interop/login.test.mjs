// `thyra-login`, by its example `log_in`, at the certified `oidc-provider`: tokens that are bound to a key (RFC 9449), and
// logins on another device (RFC 8628). The resource is one of this file, and verifies each proof with `jose`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose';

import { startAuthorizationServer } from './support/oidc-provider.mjs';
import { example } from './support/processes.mjs';
import { Browser } from './support/redirects.mjs';

const SCOPE = 'files:read';
const NONCE = 'nonce-of-the-resource';

/** A resource that takes tokens of the scheme `DPoP` or `Bearer`, and what it has seen. */
async function startResource(scheme) {
  const seen = { keys: new Set(), proofs: new Set(), nonces: 0 };
  let issuer;
  const http = createServer(async (request, response) => {
    const origin = `http://${request.headers.host}`;
    const place = `${origin}/.well-known/oauth-protected-resource/files`;
    if (request.url === '/.well-known/oauth-protected-resource/files') {
      const metadata = { resource: `${origin}/files`, authorization_servers: [issuer], scopes_supported: [SCOPE] };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(metadata));
      return;
    }
    const refuse = (error) => {
      const challenge = `${scheme} resource_metadata="${place}"${error ? `, error="${error}"` : ''}`;
      response.writeHead(401, { 'www-authenticate': challenge, 'dpop-nonce': NONCE }).end();
    };
    const [shown, token] = (request.headers.authorization ?? '').split(' ');
    if (!token) return refuse();
    assert.equal(shown, scheme);
    const { aud, cnf, scope } = decodeJwt(token);
    assert.equal(aud, `${origin}/files`);
    assert.equal(scope, SCOPE);
    if (scheme === 'DPoP') {
      const proof = request.headers.dpop;
      const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] });
      const key = await calculateJwkThumbprint(decodeProtectedHeader(proof).jwk);
      assert.equal(key, cnf.jkt);
      assert.equal(payload.htm, 'GET');
      assert.equal(payload.htu, `${origin}/files`);
      assert.equal(payload.ath, createHash('sha256').update(token).digest('base64url'));
      assert.ok(!seen.proofs.has(payload.jti), 'a proof came twice');
      seen.proofs.add(payload.jti);
      seen.keys.add(key);
      if (payload.nonce !== NONCE) {
        seen.nonces += 1;
        return refuse('use_dpop_nonce');
      }
    }
    response.end('hello');
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${http.address().port}/files`,
    seen,
    trust: (server) => {
      issuer = server;
    },
    stop: () => new Promise((resolve) => http.close(resolve)),
  };
}

/** Runs the example, and hands what it prints for the person to `person` once `wanted` is there. */
async function logIn(args, wanted, person) {
  const child = spawn(example('log_in'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let meeting;
  const keep = (chunk) => {
    printed += chunk;
    const found = wanted.exec(printed);
    if (found) meeting ??= person(found);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const code = await new Promise((resolve) => child.once('close', resolve));
  await meeting;
  assert.equal(code, 0, printed);
  return printed;
}

const LOGIN_PAGE = /^ {2}(http:\S+\/auth\?\S+)\n/m;
const DEVICE_CODE = /type the code (\S+):\n\n {2}(http:\S+\/device)\n/;

for (const nonces of [false, true]) {
  describe(`a resource that takes only bound tokens, ${nonces ? 'with' : 'without'} nonces`, () => {
    let resource;
    let issuer;

    before(async () => {
      resource = await startResource('DPoP');
      issuer = await startAuthorizationServer({ resources: [resource.url], scopes: [SCOPE], nonces });
      resource.trust(issuer.issuer);
    });

    after(async () => {
      await issuer?.stop();
      await resource?.stop();
    });

    test('a person logs in with a browser', async () => {
      const printed = await logIn([resource.url], LOGIN_PAGE, async ([, url]) => {
        assert.ok(new URL(url).searchParams.get('dpop_jkt'), 'the code is bound as well');
        await new Browser().open(url);
      });
      assert.match(printed, /bound to a key: yes\nthe resource answers: 200 OK\n/);
      assert.equal(resource.seen.keys.size, 1);
      assert.equal(resource.seen.nonces, 1);
      assert.equal(issuer.requests.get('/token'), nonces ? 2 : 1);
    });

    test('a person logs in on another device', async () => {
      const printed = await logIn(['--device', resource.url], DEVICE_CODE, async ([, code]) => {
        await issuer.useDeviceCode(code);
      });
      assert.match(printed, /bound to a key: yes\nthe resource answers: 200 OK\n/);
      assert.equal(resource.seen.keys.size, 2);
    });
  });
}

describe('a resource that takes Bearer tokens, at a server that offers both', () => {
  let resource;
  let issuer;

  before(async () => {
    resource = await startResource('Bearer');
    issuer = await startAuthorizationServer({ resources: [resource.url], scopes: [SCOPE] });
    resource.trust(issuer.issuer);
  });

  after(async () => {
    await issuer?.stop();
    await resource?.stop();
  });

  test('the tokens are not bound', async () => {
    const printed = await logIn(['--device', resource.url], DEVICE_CODE, async ([, code, page]) => {
      assert.equal(page, `${issuer.issuer}/device`);
      await issuer.useDeviceCode(code);
    });
    assert.match(printed, /bound to a key: no\nthe resource answers: 200 OK\n/);
  });
});
