// mcp-remote as a desktop program runs it: with a folder of its own, and a browser that follows pages to their end.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from './processes.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = 60_000;

/** Its two programs: a client of its own, and the proxy for programs that speak stdio only. */
const PROGRAMS = join(HERE, '..', 'node_modules', 'mcp-remote', 'dist');
export const PROXY = join(PROGRAMS, 'proxy.js');

/** A folder and an environment, in which one person uses mcp-remote. Remove it in the end. */
export async function mcpRemote() {
  const home = await mkdtemp(join(tmpdir(), 'thyra-mcp-remote-'));
  const env = {
    // The browser is a Node program: it has to find the pinned Node.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    MCP_REMOTE_CONFIG_DIR: join(home, 'mcp-auth'),
    BROWSER: join(HERE, 'browser.mjs'),
  };
  return {
    home,
    env,
    /** Where it waits for the code; what it registers is good for this port only. */
    callbackPort: String(await freePort()),
    /** Runs its own client to the end; answers with the exit code and all that it printed. */
    client: (args) => run([join(PROGRAMS, 'client.js'), ...args], env),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

async function run(args, env) {
  const child = spawn(process.execPath, args, {
    env,
    // It takes the end of its standard input for an order to stop.
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      printed += chunk;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  return { code, printed };
}

/** The JSON that it prints after a label. */
export function json(printed, label) {
  const start = printed.indexOf('{', printed.indexOf(label));
  assert.ok(printed.includes(label) && start >= 0, `no ${label} in:\n${printed}`);
  const end = printed.indexOf('\n}', start);
  return JSON.parse(printed.slice(start, end + 2));
}
