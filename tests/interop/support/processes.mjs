// Starts the programs under test on free ports, waits until they answer, keeps what they print, and ends them.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const READY_TRIES = 400;
const READY_PAUSE_MS = 50;
const STOP_GRACE_MS = 5_000;
const LOG_LIMIT = 256 * 1024;

const running = new Set();

// A test file that dies half-way must not leave servers behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The `thyra` program. */
export function thyra() {
  return required('THYRA_BIN', 'the path of the thyra program');
}

/** One of the examples of the crate `thyra`. */
export function example(name) {
  return join(required('THYRA_EXAMPLES', 'the folder of the built examples'), name);
}

/** The browser. */
export function chromium() {
  return required('CHROMIUM', 'the Chromium to drive');
}

/**
 * Runs `command` to its end. The answer has `printed(pattern)`, which waits for what standard error must say, and `end`,
 * which has the exit `code` and what went to `stdout` and `stderr`.
 */
export function run({ command, args, env = {} }) {
  const child = spawn(command, args, {
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (chunk) => {
      said[stream] = (said[stream] + chunk).slice(-LOG_LIMIT);
    });
  }
  const end = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code, ...said });
    });
  });
  return {
    end,
    async printed(pattern) {
      let ended = false;
      end.finally(() => {
        ended = true;
      }).catch(() => {});
      for (;;) {
        const found = said.stderr.match(pattern);
        if (found) return found;
        if (ended) throw new Error(`it ended before it said ${pattern}:\n${said.stderr}${said.stdout}`);
        await pause(READY_PAUSE_MS);
      }
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** A port that nobody listens on at the moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts `command` and waits until a GET of `ready` is answered with any status.
 * The answer has `log()`, all that the program printed so far, `stop()` and `kill()`.
 */
export async function start({ name, command, args, env = {}, ready }) {
  const child = spawn(command, args, {
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let printed = '';
  const keep = (chunk) => {
    printed = (printed + chunk).slice(-LOG_LIMIT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);

  let ended;
  const end = new Promise((resolve) => {
    const finish = (how) => {
      ended ??= how;
      running.delete(child);
      resolve();
    };
    child.once('error', (error) => finish(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => finish(`ended with ${signal ?? `code ${code}`}`));
  });

  const program = {
    name,
    log: () => printed,
    /** Ends it without a word. */
    async kill() {
      child.kill('SIGKILL');
      await end;
    },
    async stop() {
      if (ended !== undefined) return;
      child.kill('SIGTERM');
      const stopped = await Promise.race([end.then(() => true), pause(STOP_GRACE_MS, false, { ref: false })]);
      if (!stopped) {
        child.kill('SIGKILL');
        await end;
      }
    },
  };

  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    if (ended !== undefined) {
      throw new Error(`${name} ${ended} before it was ready. It printed:\n${printed}`);
    }
    if (await answers(ready)) return program;
    await pause(READY_PAUSE_MS);
  }
  await program.stop();
  throw new Error(`${name} did not answer at ${ready}. It printed:\n${printed}`);
}

/** What `program`s printed, for the report of a test that failed. */
export function logsOf(programs) {
  return programs
    .filter(Boolean)
    .map((program) => `----- ${program.name} -----\n${program.log()}`)
    .join('\n');
}

async function answers(url) {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function required(variable, meaning) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: it names ${meaning}. Run these tests with "cargo xtask interop".`);
  return value;
}

/** Our environment without anybody's settings for an identity provider or Thyra. */
function environment() {
  const settings = /^(AUTH0|AUTHKIT|AZURE|CLERK|COGNITO|DESCOPE|ENTRA|KEYCLOAK|OKTA|PROPELAUTH|SCALEKIT|STYTCH|SUPABASE|THYRA|RUST_LOG)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)));
}
