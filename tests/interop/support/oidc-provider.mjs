// The certified `oidc-provider` as authorization server, in this process, with a person who always logs in and consents,
// or with pages for one. In front of it stand a counter and a switch for the key set. It binds tokens to keys (DPoP) where
// clients want it, and lets people log in on another device.

import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { SignJWT } from 'jose';
import Provider, { errors } from 'oidc-provider';

import { Browser } from './redirects.mjs';

export const CALLBACK = 'http://127.0.0.1:8765/callback';
export const PUBLIC_CLIENT = 'app';
export const MACHINE = { id: 'machine', secret: 'machine-secret' };
/** The resource, as it asks about tokens. */
export const RESOURCE_SERVER = { id: 'resource', secret: 'resource-secret' };
export const USER = 'ada';

/**
 * Starts the authorization server. `resources` are the resource indicators it gives tokens for, `scopes` what may be
 * asked of each of them. With `pages`, people log in and consent on its own pages.
 *
 * `format` is that of access tokens: `jwt`, or `opaque`, about which the resource asks (RFC 7662). With `signsAnswers`, it
 * may have the answers signed (RFC 9701). With `nonces`, proofs of DPoP need a nonce. `useDeviceCode(userCode)` is the person on the other device.
 * `application` is a web application with `id`, `secret` and `redirectUri`, whose logins last.
 *
 * `faults` of the answer has the switches `jwks` and `introspection`: `ok`, or `status500`. `requests` counts by path. `mint(claims, header)` signs a
 * token with the server's real key.
 */
export async function startAuthorizationServer({
  resources,
  scopes,
  format = 'jwt',
  signsAnswers = true,
  nonces = false,
  pages = false,
  application,
}) {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = 'key-1';
  const jwk = { ...keys.privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };

  const faults = { jwks: 'ok', introspection: 'ok' };
  const requests = new Map();
  let handler;
  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    requests.set(pathname, (requests.get(pathname) ?? 0) + 1);
    const fault = { '/jwks': faults.jwks, '/token/introspection': faults.introspection }[pathname];
    if (fault === 'status500') {
      response.writeHead(500).end();
      return;
    }
    Promise.resolve(handler(request, response)).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${http.address().port}`;

  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: PUBLIC_CLIENT,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
      {
        client_id: MACHINE.id,
        client_secret: MACHINE.secret,
        token_endpoint_auth_method: 'client_secret_basic',
        redirect_uris: [],
        grant_types: ['client_credentials'],
        response_types: [],
      },
      {
        client_id: RESOURCE_SERVER.id,
        client_secret: RESOURCE_SERVER.secret,
        token_endpoint_auth_method: 'client_secret_basic',
        redirect_uris: [],
        grant_types: [],
        response_types: [],
      },
      ...(application ? [webApplication(application)] : []),
    ],
    cookies: { keys: [randomUUID()] },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, mask: '****-****' },
      devInteractions: { enabled: pages },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => nonces },
      // Those that can keep a secret may ask about all tokens.
      introspection: { enabled: true, allowedPolicy: (_context, client) => client.clientAuthMethod !== 'none' },
      jwtIntrospection: { enabled: signsAnswers },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget();
          return {
            scope: scopes.join(' '),
            audience: resource,
            accessTokenFormat: format,
            accessTokenTTL: 300,
            jwt: { sign: { alg: 'RS256' } },
          };
        },
        useGrantedResource: () => true,
      },
    },
    issueRefreshToken: async (_context, client, code) =>
      client.clientId === application?.id || (client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access')),
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ...(pages ? {} : { interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` } }),
    pkce: { required: () => true },
    // A client that registers itself may name only scopes that the server knows.
    scopes: ['openid', 'offline_access', ...scopes],
    ttl: { AccessToken: 300, ClientCredentials: 300, DeviceCode: 60, Grant: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
  });
  const answer = provider.callback();
  handler = (request, response) =>
    !pages && request.url.startsWith('/interaction/') ? interact(provider, request, response) : answer(request, response);

  return {
    issuer,
    faults,
    requests,
    mint: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt', ...header })
        .sign(keys.privateKey, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])) }),
    useDeviceCode: (userCode) => useDeviceCode(`${issuer}/device`, userCode),
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function webApplication({ id, secret, redirectUri }) {
  return {
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** Types the code at `page`, as a person does who is logged in nowhere yet. */
async function useDeviceCode(page, userCode) {
  const browser = new Browser();
  const form = await browser.open(page);
  const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(await form.text());
  const done = await browser.open(page, new URLSearchParams({ xsrf, user_code: userCode, confirm: 'yes' }));
  const text = await done.text();
  if (!text.includes('Sign-in Success')) throw new Error(`the code was not taken: ${text.slice(0, 500)}`);
}

async function interact(provider, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: USER } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
  grant.addOIDCScope(missingOIDCScope.join(' '));
  for (const [resource, missing] of Object.entries(missingResourceScopes)) {
    grant.addResourceScope(resource, missing.join(' '));
  }
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}
