// The `protected` example with `oidc-provider` as its authorization server, and what the tests of both have in common.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';

import * as oauth from 'openid-client';

import { challenge } from './mcp.mjs';
import { CALLBACK, MACHINE, PUBLIC_CLIENT, RESOURCE_SERVER, startAuthorizationServer } from './oidc-provider.mjs';
import { example, freePort, start } from './processes.mjs';
import { Browser, followToCallback } from './redirects.mjs';

export const USE = 'mcp:use';
export const ADMIN = 'mcp:admin';
export const OTHER_RESOURCE = 'https://other.example.com/mcp';

/** What the example needs to ask about tokens, and never keep what it hears. */
export const INTROSPECTION = ['--introspection-client', RESOURCE_SERVER.id, '--keep-seconds', '0'];

/**
 * An authorization server, and the example that trusts it. `format` is that of the tokens, `args` are further arguments
 * of the example, and `secret` is what it shows when it asks about tokens. `server` are options of the authorization
 * server.
 */
export async function pair({ format = 'jwt', args = [], secret = RESOURCE_SERVER.secret, server: options = {} } = {}) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/mcp`;
  const issuer = await startAuthorizationServer({
    resources: [url, OTHER_RESOURCE],
    scopes: [USE, ADMIN],
    format,
    ...options,
  });
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
  const server = await start({
    name: 'the protected example',
    command: example('protected'),
    args: ['--http', `127.0.0.1:${port}`, '--issuer', issuer.issuer, '--required-scope', USE, ...args],
    env: { RUST_LOG: 'debug', INTROSPECTION_SECRET: secret },
    ready: metadata,
  }).catch(async (error) => {
    await issuer.stop();
    throw error;
  });
  return {
    issuer,
    server,
    url,
    metadata,
    async stop() {
      await server.stop();
      await issuer.stop();
    },
  };
}

/** The public client of the authorization server, for openid-client. */
export function publicClient({ issuer }) {
  return oauth.discovery(new URL(issuer.issuer), PUBLIC_CLIENT, undefined, oauth.None(), {
    execute: [oauth.allowInsecureRequests],
  });
}

/** A token of the code flow with PKCE, through login and consent. With `DPoP`, it is bound to that key. */
export async function userToken(peers, { scope = USE, resource = peers.url, DPoP, client } = {}) {
  client ??= await publicClient(peers);
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const authorize = oauth.buildAuthorizationUrl(client, {
    redirect_uri: CALLBACK,
    scope,
    resource,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const callback = await followToCallback(authorize, CALLBACK);
  const tokens = await oauth.authorizationCodeGrant(
    client,
    callback,
    { pkceCodeVerifier: verifier, expectedState: state },
    { resource },
    { DPoP },
  );
  return tokens.access_token;
}

export async function machineToken({ issuer, url }, scope) {
  const client = await oauth.discovery(
    new URL(issuer.issuer),
    MACHINE.id,
    undefined,
    oauth.ClientSecretBasic(MACHINE.secret),
    { execute: [oauth.allowInsecureRequests] },
  );
  const tokens = await oauth.clientCredentialsGrant(client, { scope, resource: url });
  return tokens.access_token;
}

export function assertUnauthorized(answer, { metadata }) {
  assert.equal(answer.status, 401);
  const { scheme, error, resource_metadata } = challenge(answer.headers);
  assert.deepEqual({ scheme, error, resource_metadata }, {
    scheme: 'Bearer',
    error: 'invalid_token',
    resource_metadata: metadata,
  });
}

export function assertInsufficientScope(answer, { metadata }, scopes) {
  assert.equal(answer.status, 403);
  const { scheme, error, resource_metadata, scope } = challenge(answer.headers);
  assert.deepEqual({ scheme, error, resource_metadata }, {
    scheme: 'Bearer',
    error: 'insufficient_scope',
    resource_metadata: metadata,
  });
  assert.deepEqual(scope.split(' ').sort(), [...scopes].sort());
}

/** Our client calls a tool as a person who logs in on the page that it prints: what it prints then. */
export async function callAsPerson(url, tool) {
  const child = spawn(example('call'), [url, tool], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let page;
  const keep = (chunk) => {
    printed += chunk;
    const found = /^ {2}(http:\S+\/auth\?\S+)\n/m.exec(printed);
    if (found) page ??= { url: found[1], visit: new Browser().open(found[1]) };
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const code = await new Promise((resolve) => child.once('close', resolve));
  await page?.visit;
  assert.equal(code, 0, printed);
  assert.ok(page, `nobody was asked to log in: ${printed}`);
  return { printed, page: new URL(page.url) };
}
