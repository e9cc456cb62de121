// The emulated identity providers, each with the `provider` example that trusts it.

import { setTimeout as pause } from 'node:timers/promises';

import { example, freePort, start, thyra } from './processes.mjs';

/** The application that logs people in where clients do not register. */
export const APPLICATION = 'interop-application';
export const READ = 'notes:read';
export const WRITE = 'notes:write';

/**
 * Whether clients register at a vendor, whether its tokens say what was granted, and what its server has to be told
 * beside what the emulator prints.
 */
export const VENDORS = {
  auth0: { registers: true, scopes: true },
  authkit: { registers: true, scopes: true },
  descope: { registers: true, scopes: true },
  keycloak: { registers: true, scopes: true },
  oidc: { registers: true, scopes: true },
  scalekit: { registers: true, scopes: true },
  propelauth: { registers: true, scopes: true },
  clerk: { registers: false, scopes: true, variables: { CLERK_ACCEPTED_CLIENTS: APPLICATION } },
  cognito: { registers: false, scopes: true },
  entra: { registers: false, scopes: true },
  okta: { registers: false, scopes: true },
  stytch: { registers: true, scopes: true },
  supabase: { registers: true, scopes: false },
};

/** Starts a vendor, and the server that it protects. */
export async function startVendor(name, callback) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  const id = name === 'entra' ? '22222222-2222-4222-8222-222222222222' : 'res_1';
  const emulatorPort = await freePort();
  const emulatorUrl = `http://127.0.0.1:${emulatorPort}`;
  const emulator = await start({
    name: `the emulator of ${name}`,
    command: thyra(),
    args: [
      'idp',
      '--vendor', name,
      '--addr', `127.0.0.1:${emulatorPort}`,
      '--resource', `${id}=${url}`,
      '--scope', READ,
      '--scope', WRITE,
      '--application', `${APPLICATION}=${callback}`,
      '--auto-consent',
    ],
    ready: `${emulatorUrl}/__emu/`,
  });
  // It answers before it has printed what its servers need, of which this is the last line.
  while (!/^THYRA_BASE_URL=.*\n/m.test(emulator.log())) await pause(20);
  const variables = [...emulator.log().matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, key, value]) => [key, value]);
  const args = ['--vendor', name, '--http', `127.0.0.1:${port}`];
  if (VENDORS[name].scopes) args.push('--required-scope', READ);
  const server = await start({
    name: `the server behind ${name}`,
    command: example('provider'),
    args,
    env: { ...Object.fromEntries(variables), ...VENDORS[name].variables, RUST_LOG: 'debug' },
    ready: `http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`,
  }).catch(async (error) => {
    await emulator.stop();
    throw error;
  });
  return {
    url,
    emulator,
    server,
    async stop() {
      await server.stop();
      await emulator.stop();
    },
  };
}
