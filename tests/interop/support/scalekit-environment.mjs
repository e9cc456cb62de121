// A Scalekit emulator and, in front of nothing but loopback, the `scalekit` example that trusts it.

import { after, afterEach, before } from 'node:test';

import { example, freePort, logsOf, start, thyra } from './processes.mjs';

export const RESOURCE = 'res_123';
/** The scope that every caller of the example needs, and the one that `write_note` needs besides. */
export const READ = 'notes:read';
export const WRITE = 'notes:write';

/** A machine client and the client of the environment itself. */
export const MACHINE = { id: 'm2m_machine', secret: 'machine-secret' };

/** Starts the emulator alone; `resourceUri` is the Server URL of its one resource. */
export async function startEmulator(resourceUri) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await start({
    name: 'the emulator',
    command: thyra(),
    args: [
      'scalekit',
      '--addr', `127.0.0.1:${port}`,
      '--resource', `${RESOURCE}=${resourceUri}`,
      '--scope', READ,
      '--scope', WRITE,
      '--client', `${MACHINE.id}:${MACHINE.secret}`,
      '--auto-consent',
    ],
    ready: `${url}/keys`,
  });
  return { ...program, url, control: (order, body) => control(url, order, body), journal: () => journal(url), forget: () => control(url, 'requests') };
}

/** Starts the `scalekit` example against an emulator; requires the scope READ. */
export async function startServer(emulator, port) {
  const origin = `http://127.0.0.1:${port}`;
  const program = await start({
    name: 'the server',
    command: example('scalekit'),
    args: ['--http', `127.0.0.1:${port}`],
    env: {
      SCALEKIT_ENVIRONMENT_URL: emulator.url,
      SCALEKIT_RESOURCE_ID: RESOURCE,
      SCALEKIT_REQUIRED_SCOPES: READ,
      RUST_LOG: 'debug',
    },
    ready: `${origin}/.well-known/oauth-protected-resource/mcp`,
  });
  return { ...program, origin, url: `${origin}/mcp` };
}

/**
 * Starts both before the tests of the enclosing `describe`, and ends them after. A test that fails is followed by what
 * they printed. Answers with a function that gives the two.
 */
export function scalekitEnvironment() {
  let emulator;
  let server;
  before(async () => {
    const port = await freePort();
    emulator = await startEmulator(`http://127.0.0.1:${port}/mcp`);
    server = await startServer(emulator, port);
  });
  after(async () => {
    await server?.stop();
    await emulator?.stop();
  });
  afterEach((context) => {
    if (!context.passed) console.error(logsOf([emulator, server]));
  });
  return () => ({ emulator, server });
}

async function control(url, order, body) {
  const response = await fetch(`${url}/__emu/${order}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the emulator refused ${order}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** What the emulator was asked, as `METHOD path` lines, without the asking here. */
async function journal(url) {
  const { requests } = await (await fetch(`${url}/__emu/requests`)).json();
  return requests.map(({ method, path }) => `${method} ${path}`).filter((line) => !line.includes('/__emu/'));
}
