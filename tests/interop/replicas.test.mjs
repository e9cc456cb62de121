// Two processes of the example `oauth_proxy` on one Redis, behind something that balances the load: what one of them began,
// the other finishes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import * as oauth from 'openid-client';

import { authorization, CALLBACK, logIn, register, startReplica, startUpstream } from './support/authorization-servers.mjs';
import { callTool } from './support/mcp.mjs';
import { Person } from './support/person.mjs';
import { freePort, logsOf } from './support/processes.mjs';

/** Passes each request to the port that `next` names. */
async function startBalancer(next) {
  const server = http.createServer((request, response) => {
    const { method, url: path, headers } = request;
    const passed = http.request({ host: '127.0.0.1', port: next(), method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    passed.once('error', () => response.writeHead(502).end());
    request.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A Redis of this test, at a socket of its own. */
async function startRedis(folder) {
  const socket = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.once('error', () => {});
  process.once('exit', () => child.kill('SIGKILL'));
  for (let tries = 0; tries < 200; tries += 1) {
    if (await answers(socket)) {
      return {
        url: `unix://${socket}`,
        stop() {
          child.kill('SIGKILL');
          return ended;
        },
      };
    }
    await pause(50);
  }
  throw new Error('redis-server did not start; is the package `redis-server` installed?');
}

function answers(socket) {
  return new Promise((resolve) => {
    const peer = connect(socket);
    peer.once('connect', () => {
      peer.destroy();
      resolve(true);
    });
    peer.once('error', () => resolve(false));
  });
}

describe('two replicas on one Redis', () => {
  let folder;
  let redis;
  let balancer;
  let upstream;
  let replicas;
  let ports;
  let peers;
  let env;
  /** Which of the ports gets the next request. */
  let next = () => ports[0];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'thyra-redis-'));
    redis = await startRedis(folder);
    balancer = await startBalancer(() => next());
    upstream = await startUpstream(balancer.origin);
    ports = [await freePort(), await freePort()];
    env = {
      THYRA_BASE_URL: balancer.origin,
      THYRA_STORE: redis.url,
      THYRA_STORE_KEYS: randomBytes(32).toString('base64'),
    };
    replicas = [await startReplica(ports[0], upstream, env), await startReplica(ports[1], upstream, env)];
    peers = { origin: balancer.origin, url: `${balancer.origin}/mcp` };
  });
  after(async () => {
    for (const replica of replicas ?? []) await replica.stop();
    await upstream?.stop();
    await balancer?.stop();
    await redis?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  afterEach((context) => {
    if (!context.passed) console.error(logsOf(replicas ?? []));
  });

  /** Takes the replicas in turn. */
  function alternate() {
    let turn = 0;
    next = () => ports[(turn += 1) % 2];
  }

  test('each request of a login may go to another one', async () => {
    alternate();
    const client = await register(peers);
    const { tokens } = await logIn(client, peers);
    for (let call = 0; call < 4; call += 1) {
      assert.equal((await callTool(peers.url, tokens.access_token, 'whoami')).status, 200);
    }
    const { access_token: renewed } = await oauth.refreshTokenGrant(client, tokens.refresh_token);
    for (let call = 0; call < 4; call += 1) {
      assert.equal((await callTool(peers.url, renewed, 'whoami')).status, 200);
    }
  });

  test('of 100 redemptions of one code at once, one wins', async () => {
    alternate();
    const client = await register(peers);
    const { request, checks } = await authorization(client, peers);
    const callback = await new Person().logIn(request, CALLBACK);
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client.clientMetadata().client_id,
      redirect_uri: CALLBACK,
      code: callback.searchParams.get('code'),
      code_verifier: checks.pkceCodeVerifier,
    });
    const redeem = async (_, place) => {
      const port = ports[place % 2];
      const response = await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', body });
      return { status: response.status, answer: await response.json() };
    };
    const answers = await Promise.all(Array.from({ length: 100 }, redeem));
    const won = answers.filter(({ status }) => status === 200);
    assert.equal(won.length, 1, JSON.stringify(answers.map(({ status }) => status)));
    for (const { status, answer } of answers.filter((one) => one !== won[0])) {
      assert.deepEqual([status, answer.error], [400, 'invalid_grant']);
    }
    assert.equal((await callTool(peers.url, won[0].answer.access_token, 'whoami')).status, 401, 'the code came twice');
  });

  test('a replica that is killed in the middle of a login is not missed', async () => {
    next = () => ports[0];
    const client = await register(peers);
    const { request, checks } = await authorization(client, peers);
    const person = new Person({
      // While the person reads the page, the replica that showed it dies.
      async thinks() {
        await replicas[0].kill();
        next = () => ports[1];
      },
    });
    const callback = await person.logIn(request, CALLBACK);
    const tokens = await oauth.authorizationCodeGrant(client, callback, checks, { resource: peers.url });
    assert.equal((await callTool(peers.url, tokens.access_token, 'whoami')).status, 200);
    replicas[0] = await startReplica(ports[0], upstream, env);
    next = () => ports[0];
    assert.equal((await callTool(peers.url, tokens.access_token, 'whoami')).status, 200);
  });

  test('without the Redis nobody is let in, nobody is blamed, and nothing hangs', async () => {
    alternate();
    const client = await register(peers);
    const { tokens } = await logIn(client, peers);
    await redis.stop();
    const started = performance.now();
    // A token that neither of them has seen lately, and a refresh.
    for (const port of ports) {
      const { status, headers } = await callTool(`http://127.0.0.1:${port}/mcp`, tokens.access_token, 'whoami');
      assert.equal(status, 503);
      assert.ok(headers.get('retry-after'));
    }
    const refused = await oauth.refreshTokenGrant(client, tokens.refresh_token).then(
      () => assert.fail('it was refreshed'),
      (error) => error,
    );
    assert.equal(refused.status ?? refused.cause?.status, 503, `${refused}`);
    const begun = await fetch((await authorization(client, peers)).request, { redirect: 'manual' });
    assert.equal(begun.status, 503);
    assert.ok(performance.now() - started < 30_000);
  });
});
