// Our client at a server of somebody else: the example `visit`, which takes steps, and the program `thyra`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import { example, thyra } from './processes.mjs';

const LIMIT_MS = 60_000;

/**
 * Takes `steps` at a server. `server` is a URL, or an array with a program and its arguments. Returns what each step
 * brought: `result` or `error`, and what was `heard` meanwhile.
 */
export async function visit(server, steps, revision) {
  const pinned = revision ? ['--revision', revision] : [];
  const target = Array.isArray(server) ? ['--', ...server] : [server];
  const { code, out, err } = await run(example('visit'), [...pinned, ...target], JSON.stringify(steps));
  assert.equal(code, 0, err);
  const reports = JSON.parse(out);
  assert.equal(reports.length, steps.length);
  return reports;
}

/** Runs `thyra COMMAND --json ARGUMENTS` at a program. Returns the document that it prints, and its exit code. */
export async function thyraAt(program, command, ...args) {
  const { code, out, err } = await run(thyra(), [command, '--json', ...args, '--', ...program], '');
  try {
    return { code, document: JSON.parse(out) };
  } catch (error) {
    throw new Error(`thyra ${command} printed no JSON: ${out}${err}`, { cause: error });
  }
}

async function run(command, args, input) {
  const child = spawn(command, args, { stdio: 'pipe', timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  // A program that ends at once does not read.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}
