// Runs the official conformance suite in its mode `authorization`, which plays a client and waits for a person:
// `node conformance-authorization.mjs ISSUER RESOURCE FOLDER`. This program registers that client, is the person, and leaves
// the results in FOLDER. `cargo xtask conformance` runs it.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Person } from './support/person.mjs';
import { freePort } from './support/processes.mjs';

const LIMIT_MS = 60_000;
const SUITE = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));

const [issuer, resource, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: conformance-authorization.mjs ISSUER RESOURCE FOLDER');

/** Registers the client that the suite plays. */
async function register(redirectUri) {
  const { origin, pathname } = new URL(issuer);
  const place = `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
  const metadata = await (await fetch(place)).json();
  const response = await fetch(metadata.registration_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Conformance suite',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    }),
  });
  const answer = await response.json();
  if (response.status !== 201) throw new Error(`the registration was refused: ${JSON.stringify(answer)}`);
  return answer.client_id;
}

async function logIn(url) {
  const answer = await new Person({ fields: { login: 'ada', password: 'ada' } }).logInToTheEnd(url);
  if (!answer.ok) throw new Error(`the login ended with ${answer.status}: ${await answer.text()}`);
}

const port = await freePort();
const callback = `http://127.0.0.1:${port}/callback`;
const client = await register(callback);
const suite = spawn(
  process.execPath,
  [SUITE, 'authorization', '--url', issuer, '--client-id', client, '--resource', resource, '-p', port, '-o', folder],
  { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS, killSignal: 'SIGKILL' },
);
let printed = '';
let login;
suite.stdout.setEncoding('utf8').on('data', (chunk) => {
  process.stdout.write(chunk);
  printed += chunk;
  const asked = /^(https?:\S+[?&]response_type=code\S*)\n/m.exec(printed);
  if (asked) {
    login ??= logIn(asked[1]).catch((error) => {
      console.error(error);
      // The suite would wait for minutes.
      suite.kill();
    });
  }
});
const code = await new Promise((resolve, reject) => {
  suite.once('error', reject);
  suite.once('close', resolve);
});
await login;
process.exitCode = code ?? 1;
