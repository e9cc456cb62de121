// The `thyra` program logs in at the certified `oidc-provider`, and a person does the middle of it in Chromium: on the
// provider's own pages, and on the page that the program shows at the end.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { startChromium } from './support/chromium.mjs';
import { startAuthorizationServer } from './support/oidc-provider.mjs';
import { example, freePort, logsOf, run, start, thyra } from './support/processes.mjs';

const USE = 'mcp:use';

describe('a person logs in with a real browser', () => {
  let issuer;
  let server;
  let browser;
  let home;
  let url;

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/mcp`;
    issuer = await startAuthorizationServer({ resources: [url], scopes: [USE], pages: true });
    server = await start({
      name: 'the protected example',
      command: example('protected'),
      args: ['--http', `127.0.0.1:${port}`, '--issuer', issuer.issuer, '--required-scope', USE],
      ready: `http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`,
    });
    browser = await startChromium();
    home = await mkdtemp(join(tmpdir(), 'thyra-'));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await issuer?.stop();
    if (home) await rm(home, { recursive: true });
  });
  afterEach((context) => {
    if (!context.passed) console.error(logsOf([server]));
  });

  /** The program, with a home of its own and no keyring. */
  function program(...args) {
    return run({
      command: thyra(),
      args,
      env: { HOME: home, XDG_DATA_HOME: join(home, 'data'), DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' },
    });
  }

  function call() {
    return program('call', url, 'whoami', '--no-browser');
  }

  /** A page at the provider's login, to which `running` has sent the person. */
  async function opened(running) {
    const [address] = await running.printed(/http:\/\/127\.0\.0\.1:\d+\/auth\S*(?=\n)/);
    // Each person has cookies of their own.
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(address);
    return { page, requests, close: () => context.close() };
  }

  async function submit(page, button) {
    const [answer] = await Promise.all([page.waitForNavigation(), page.click(button)]);
    return answer;
  }

  test('and the program goes on with the token', async () => {
    const running = call();
    const { page, requests, close } = await opened(running);
    await page.type('[name=login]', 'grace');
    await page.type('[name=password]', 'hopper');
    await submit(page, '[type=submit]');
    assert.match(await page.$eval('body', (body) => body.innerText), /Authorize/);
    requests.length = 0;
    const answer = await submit(page, '[type=submit]');

    const back = new URL(page.url());
    assert.equal(back.hostname, '127.0.0.1');
    assert.equal(back.pathname, '/callback');
    assert.equal(answer.status(), 200);
    const headers = answer.headers();
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(headers['content-security-policy'], /default-src 'none'/);
    assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');

    const text = await page.$eval('body', (body) => body.innerText);
    assert.match(text, /You are logged in/);
    const code = back.searchParams.get('code');
    assert.ok(code && !(await page.content()).includes(code), 'the page repeats the code');
    const ownRequests = requests.filter((request) => new URL(request).port === back.port);
    assert.deepEqual(ownRequests, [back.href], 'the page loads nothing');

    // Whatever would get a script into the page, the browser does not run it.
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'window.ran = true');
      image.src = 'data:image/png,x';
      document.body.append(image);
      return new Promise((resolve) => {
        image.addEventListener('error', () => resolve(window.ran === true));
      });
    });
    assert.equal(ran, false);
    await close();

    const { code: exit, stdout, stderr } = await running.end;
    assert.equal(exit, 0, stderr);
    assert.match(stdout, /grace/);
    assert.ok(!`${stdout}${stderr}`.includes(code), 'the program prints the code');
  });

  test('and the next command needs no login', async () => {
    const before = new Map(issuer.requests);
    const { code, stdout, stderr } = await call().end;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /grace/);
    assert.ok(!stderr.includes('/auth'), stderr);
    for (const path of ['/auth', '/token', '/reg']) {
      assert.equal(issuer.requests.get(path), before.get(path), `${path} was asked again`);
    }
  });

  test('and what is kept can be read by nobody else', async () => {
    const folder = join(home, 'data');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.some((file) => file.endsWith('.sealed')), `${files}`);
    for (const file of files) {
      assert.equal((await stat(file)).mode & 0o077, 0, file);
      assert.ok(!(await readFile(file)).includes('access_token'), `${file} is not encrypted`);
    }
  });

  test('until it is logged out, which revokes the tokens', async () => {
    const { code, stderr } = await program('logout', url).end;
    assert.equal(code, 0, stderr);
    assert.equal(issuer.requests.get('/token/revocation'), 1);
    const refused = await program('call', url, 'whoami', '--no-login').end;
    assert.equal(refused.code, 3, refused.stderr);
  });

  test('or says no, and the program says so', async () => {
    const running = call();
    const { page, close } = await opened(running);
    const answer = await submit(page, 'a[href$="/abort"]');
    assert.equal(answer.status(), 400);
    assert.match(await page.$eval('body', (body) => body.innerText), /did not succeed/);
    await close();
    const { code, stdout, stderr } = await running.end;
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, /access_denied/);
  });
});
