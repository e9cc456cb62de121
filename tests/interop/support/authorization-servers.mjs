// Examples that are their own authorization server: `oauth_server`, which knows its people, `oauth_proxy`, behind which the
// certified `oidc-provider` does, and `github` behind the emulated GitHub. What the tests of all have in common.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import * as oauth from 'openid-client';

import { startAuthorizationServer } from './oidc-provider.mjs';
import { Person } from './person.mjs';
import { example, freePort, start, thyra } from './processes.mjs';

export const CALLBACK = 'http://127.0.0.1:8765/callback';
/** What `oidc-provider` knows the proxy by. */
const APPLICATION = { id: 'thyra-proxy', secret: 'a secret with % + and spaces' };

/** How each is started, its tools beside `whoami`, and who signs in there. */
export const EXAMPLES = {
  oauth_server: { start: startServer, tools: ['add', 'write_note'], user: 'ada' },
  oauth_proxy: { start: startProxy, tools: ['add'], user: 'ada' },
  github: { start: startGitHub, tools: ['profile'], user: '583231' },
};

async function startServer() {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = await start({
    name: 'oauth_server',
    command: example('oauth_server'),
    args: ['--http', `127.0.0.1:${port}`],
    env: { RUST_LOG: 'debug' },
    ready: `${origin}/.well-known/oauth-authorization-server`,
  });
  return { origin, url: `${origin}/mcp`, server, stop: () => server.stop() };
}

/** `oidc-provider`, which knows the proxy at `origin`. */
export function startUpstream(origin) {
  const application = { ...APPLICATION, redirectUri: `${origin}/auth/callback` };
  return startAuthorizationServer({ resources: [], scopes: [], application });
}

/** One process of the proxy in front of `upstream`. */
export async function startReplica(port, upstream, env = {}) {
  return start({
    name: 'oauth_proxy',
    command: example('oauth_proxy'),
    args: ['--http', `127.0.0.1:${port}`, '--issuer', upstream.issuer],
    env: { RUST_LOG: 'debug', UPSTREAM_CLIENT_ID: APPLICATION.id, UPSTREAM_CLIENT_SECRET: APPLICATION.secret, ...env },
    ready: `http://127.0.0.1:${port}/.well-known/oauth-authorization-server`,
  });
}

async function startProxy() {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const upstream = await startUpstream(origin);
  const server = await startReplica(port, upstream).catch(async (error) => {
    await upstream.stop();
    throw error;
  });
  return {
    origin,
    url: `${origin}/mcp`,
    server,
    upstream,
    async stop() {
      await server.stop();
      await upstream.stop();
    },
  };
}

async function startGitHub() {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const emulatorPort = await freePort();
  const emulatorUrl = `http://127.0.0.1:${emulatorPort}`;
  const emulator = await start({
    name: 'the emulator of GitHub',
    command: thyra(),
    args: [
      'idp',
      '--vendor', 'github',
      '--addr', `127.0.0.1:${emulatorPort}`,
      '--redirect-uri', `${origin}/auth/callback`,
      '--auto-consent',
    ],
    ready: `${emulatorUrl}/__emu/`,
  });
  // It answers before it has printed what its servers need, of which this is the last line.
  while (!/^THYRA_BASE_URL=.*\n/m.test(emulator.log())) await pause(20);
  const variables = [...emulator.log().matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, key, value]) => [key, value]);
  const server = await start({
    name: 'github',
    command: example('github'),
    args: ['--http', `127.0.0.1:${port}`],
    env: { ...Object.fromEntries(variables), RUST_LOG: 'debug' },
    ready: `${origin}/.well-known/oauth-authorization-server`,
  }).catch(async (error) => {
    await emulator.stop();
    throw error;
  });
  return {
    origin,
    url: `${origin}/mcp`,
    server,
    async stop() {
      await server.stop();
      await emulator.stop();
    },
  };
}

const insecure = { execute: [oauth.allowInsecureRequests] };

/** Registers openid-client at an authorization server of ours. */
export function register({ origin }, metadata = {}) {
  return oauth.dynamicClientRegistration(
    new URL(origin),
    { client_name: 'openid-client', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...metadata },
    oauth.None(),
    { algorithm: 'oauth2', ...insecure },
  );
}

/** An authorization request of `client`, and what its answer is checked with. */
export async function authorization(client, { url }, parameters = {}) {
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
  const expectedState = oauth.randomState();
  const request = oauth.buildAuthorizationUrl(client, {
    redirect_uri: CALLBACK,
    resource: url,
    state: expectedState,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { request, checks: { pkceCodeVerifier, expectedState } };
}

/** Logs a person in, who allows everything: the tokens, and the pages that were seen. */
export async function logIn(client, peers, parameters = {}) {
  const { request, checks } = await authorization(client, peers, parameters);
  const person = new Person();
  const callback = await person.logIn(request, CALLBACK);
  const tokens = await oauth.authorizationCodeGrant(client, callback, checks, { resource: peers.url });
  return { tokens, callback, checks, pages: person.pages };
}

/** The OAuth error with which something is refused. */
export async function refusal(promise) {
  const error = await promise.then(
    (value) => assert.fail(`it was not refused: ${JSON.stringify(value)}`),
    (reason) => reason,
  );
  assert.ok(error.error, `${error.stack}`);
  return { error: error.error, status: error.status };
}
