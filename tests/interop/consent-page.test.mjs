// The pages of our authorization server in Chromium, for a person without scripts: the consent page of `oauth_proxy`, and the
// sign-in page of `oauth_server`. What others may try with them is tried from pages of another origin, where scripts run.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';

import { EXAMPLES } from './support/authorization-servers.mjs';
import { startChromium } from './support/chromium.mjs';
import { assertContrast, assertFits, picture, press, scriptless, startSite, tabTo, until } from './support/pages.mjs';
import { logsOf } from './support/processes.mjs';

const ALLOW = 'button[value=approve]';
const REFUSE = 'button[value=deny]';
const CALLBACK = '/callback';
const LONG = `An assistant with ${'averylongname'.repeat(12)}`;

let browser;
let site;

before(async () => {
  browser = await startChromium();
  site = await startSite({ [CALLBACK]: '<!doctype html><title>Done</title><p>You may close this page.' });
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** A login that a client begins: its authorization request, and its `state`. */
async function begun(origin, { name = 'Interop', query = '' } = {}) {
  const redirectUri = `${site.origin}${CALLBACK}${query}`;
  const registered = await fetch(`${origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  assert.equal(registered.status, 201);
  const { client_id: clientId } = await registered.json();
  const state = randomBytes(16).toString('base64url');
  const url = new URL('/authorize', origin);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
    state,
  });
  return { url: url.href, state };
}

/** What the client was answered, whose `state` this is: all of it. */
function answers(state) {
  return site.opened(CALLBACK).filter((answer) => answer.get('state') === state);
}

/** The only answer, which has a code. */
function assertCode(state) {
  const [answer, ...more] = answers(state);
  assert.ok(answer?.get('code'), `${answer}`);
  assert.equal(more.length, 0);
}

for (const [name, { start }] of Object.entries(EXAMPLES)) {
  describe(`the page of ${name}`, () => {
    let peers;
    let context;

    before(async () => {
      peers = await start();
    });
    after(() => peers?.stop());
    // Each test is another person.
    const person = (body) => async () => {
      context = await browser.createBrowserContext();
      try {
        await body();
      } finally {
        await context.close();
      }
    };
    afterEach((outcome) => {
      if (!outcome.passed) console.error(logsOf([peers?.server]));
    });

    /** A page at which a login waits for the person. */
    async function waiting(login, options) {
      const page = await scriptless(context, options);
      const answer = await page.goto(login.url);
      assert.equal(answer.status(), 200);
      assert.equal(new URL(page.url()).pathname, '/consent');
      await choose(page);
      return page;
    }

    /** Says who the person is, where the page asks. */
    async function choose(page) {
      const choice = await page.$('input[name=username]');
      await choice?.click();
    }

    test('needs no script, loads nothing, and leads to the client with a code', person(async () => {
      const login = await begun(peers.origin, { name: 'An <b>assistant</b> & "friend"' });
      const page = await scriptless(context);
      const requests = [];
      page.on('request', (request) => requests.push(new URL(request.url()).pathname));
      const shown = await page.goto(login.url);
      assert.deepEqual(requests, ['/authorize', '/consent']);
      assert.match(shown.headers()['content-security-policy'], /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'$/);
      // The style sheet counts, so its hash is right.
      assert.notEqual(await page.$eval('main', (main) => getComputedStyle(main).borderRadius), '0px');
      const text = await page.$eval('main', (main) => main.innerText);
      assert.ok(text.includes('An <b>assistant</b> & "friend"'), text);
      assert.ok(text.includes(new URL(site.origin).host), text);
      assert.match(text, /on this computer/);
      await choose(page);
      await press(page, ALLOW);
      assert.equal(new URL(page.url()).pathname, CALLBACK);
      assertCode(login.state);
      assert.equal(answers(login.state)[0].get('iss'), peers.origin);
    }));

    test('tells the client of a person who refuses', person(async () => {
      const login = await begun(peers.origin);
      await press(await waiting(login), REFUSE);
      const [answer, ...more] = answers(login.state);
      assert.equal(answer.get('error'), 'access_denied');
      assert.equal(answer.get('code'), null);
      assert.equal(more.length, 0);
    }));

    test('gives nothing more to a person who comes back to it', person(async () => {
      const login = await begun(peers.origin);
      const page = await waiting(login);
      await press(page, ALLOW);
      let back = await page.goBack();
      // The browser may show the page as it was left, without asking for it.
      back ??= await press(page, ALLOW);
      assert.ok(back.status() >= 400 && back.status() < 500, `${back.status()}`);
      assert.equal(await page.$('form'), null);
      await picture(page, `${name}-over`);
      assertCode(login.state);
    }));

    test('gives one code to a person who presses twice, or in two tabs', person(async () => {
      const login = await begun(peers.origin);
      const one = await waiting(login);
      const two = await scriptless(context);
      await two.goto(one.url());
      await choose(two);
      await press(one, ALLOW);
      const late = await press(two, ALLOW);
      assert.ok(late.status() >= 400 && late.status() < 500, `${late.status()}`);
      assertCode(login.state);

      const next = await begun(peers.origin);
      const page = await waiting(next);
      await until(page, (button) => getComputedStyle(document.querySelector(button)).pointerEvents === 'auto', ALLOW);
      await Promise.all([page.waitForNavigation(), page.click(ALLOW, { count: 2 })]);
      await until(page, () => document.title !== '');
      assert.ok(answers(next.state).length <= 1);
    }));

    test('keeps two logins at a time apart', person(async () => {
      const [first, second] = [await begun(peers.origin), await begun(peers.origin)];
      const one = await waiting(first);
      const two = await waiting(second);
      await press(two, ALLOW);
      await press(one, ALLOW);
      assertCode(first.state);
      assertCode(second.state);
    }));

    test('can be loaded again', person(async () => {
      const login = await begun(peers.origin);
      const page = await waiting(login);
      await page.reload();
      await choose(page);
      await press(page, ALLOW);
      assertCode(login.state);
    }));

    test('can be used with the keyboard alone', person(async () => {
      const login = await begun(peers.origin);
      const page = await scriptless(context);
      await page.goto(login.url);
      if (await page.$('input[type=radio]')) {
        await tabTo(page, 'input[type=radio]');
        await page.keyboard.press('Space');
      }
      const stops = await tabTo(page, ALLOW);
      await picture(page, `${name}-keyboard`);
      const then = await tabTo(page, REFUSE);
      assert.equal(then.length, 1, `${stops}, ${then}`);
      await page.keyboard.down('Shift');
      await page.keyboard.press('Tab');
      await page.keyboard.up('Shift');
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      assertCode(login.state);
    }));

    for (const scheme of ['light', 'dark']) {
      for (const width of [320, 1024]) {
        test(`fits ${width} pixels, and can be read when all is ${scheme}`, person(async () => {
          const login = await begun(peers.origin, { name: LONG, query: `?${'long'.repeat(100)}=1` });
          const page = await waiting(login, { width, height: 700, scheme });
          const [background] = await page.$eval('body', (body) => getComputedStyle(body).backgroundColor.match(/\d+/g));
          assert.equal(Number(background) < 128, scheme === 'dark');
          await picture(page, `${name}-${scheme}-${width}`);
          for (const summary of await page.$$('summary')) await summary.click();
          await assertFits(page);
          await assertContrast(page);
          await picture(page, `${name}-${scheme}-${width}-open`);
        }));
      }
    }

    test('takes no click that was meant for what was there before', person(async () => {
      const page = await waiting(await begun(peers.origin));
      const taken = await page.$eval(ALLOW, (button) => {
        const [arming] = button.getAnimations();
        arming.pause();
        return [0, 250, 490, 510].map((time) => {
          arming.currentTime = time;
          return getComputedStyle(button).pointerEvents;
        });
      });
      assert.deepEqual(taken, ['none', 'none', 'none', 'auto']);
    }));

    test('is empty in a frame', person(async () => {
      const login = await begun(peers.origin);
      const page = await waiting(login);
      site.pages['/frame'] = `<!doctype html><title>Free gifts</title><iframe src="${page.url()}"></iframe>`;
      const attack = await context.newPage();
      const failed = [];
      attack.on('requestfailed', (request) => failed.push(request.url()));
      await attack.goto(`${site.origin}/frame`);
      const frame = attack.frames().find((one) => one.parentFrame() !== null);
      assert.equal(await frame.$('form'), null);
      assert.deepEqual(failed, [page.url()]);
    }));

    test('is not answered by a form of another origin, not even by one that knows the token', person(async () => {
      const login = await begun(peers.origin);
      const page = await waiting(login);
      const fields = await page.$$eval('form [type=hidden]', (inputs) => inputs.map(({ name, value }) => [name, value]));
      assert.deepEqual(fields.map(([field]) => field), ['transaction', 'csrf']);
      const [transaction, token] = fields.map(([, value]) => value);
      for (const csrf of ['', 'guessed', token]) {
        site.pages['/attack'] = `<!doctype html><title>Free gifts</title>
          <form method="post" action="${peers.origin}/consent">
          <input name="transaction" value="${transaction}"><input name="csrf" value="${csrf}">
          <input name="username" value="ada"><input name="action" value="approve"></form>
          <script>document.forms[0].submit()</script>`;
        const attack = await context.newPage();
        await attack.goto(`${site.origin}/attack`);
        await until(attack, (origin) => location.origin === origin && document.title !== '', peers.origin);
        assert.equal(new URL(attack.url()).pathname, '/consent');
        assert.match(await attack.$eval('main', (main) => main.innerText), /Error 40[03]/);
        assert.equal(await attack.$('form'), null);
        await attack.close();
      }
      assert.equal(answers(login.state).length, 0);
      // And the person is not held up by it.
      await press(page, ALLOW);
      assertCode(login.state);
    }));

    test('is for the browser alone in which the login was begun', person(async () => {
      const login = await begun(peers.origin);
      const page = await waiting(login);
      const other = await browser.createBrowserContext();
      const victim = await scriptless(other);
      const refused = await victim.goto(page.url());
      assert.equal(refused.status(), 403);
      assert.equal(await victim.$('form'), null);
      await assertContrast(victim);
      await picture(victim, `${name}-other-browser`);
      await other.close();
      await press(page, ALLOW);
      assertCode(login.state);
    }));

    test('binds the login by a cookie that no script reads', person(async () => {
      const login = await begun(peers.origin);
      const page = await waiting(login);
      const cookies = await context.cookies();
      const [cookie, ...more] = cookies.filter(({ name: one }) => one.includes('thyra'));
      assert.equal(more.length, 0);
      assert.match(cookie.name, /^thyra-login-[\w-]{16}$/);
      assert.equal(cookie.httpOnly, true);
      assert.equal(cookie.sameSite, 'Lax');
      assert.equal(cookie.path, '/');
      assert.equal(cookie.domain, '127.0.0.1');
      const left = cookie.expires - Date.now() / 1000;
      assert.ok(left > 600 && left <= 901, `${left} seconds`);
      assert.equal(await page.evaluate(() => document.cookie), '');
      await press(page, ALLOW);
      const kept = await context.cookies();
      assert.deepEqual(kept.filter(({ name: one }) => one.includes('thyra')), []);
    }));

    test('leaves a window that an application opened in touch with it', person(async () => {
      const login = await begun(peers.origin);
      site.pages['/app'] = `<!doctype html><title>App</title><button onclick="window.open('${login.url}')">Log in</button>
        <script>addEventListener('message', (event) => { document.title = event.data; })</script>`;
      site.pages[CALLBACK] = `<!doctype html><title>Done</title><script>opener?.postMessage('told', location.origin)</script>`;
      const app = await context.newPage();
      await app.goto(`${site.origin}/app`);
      const [popup] = await Promise.all([new Promise((resolve) => app.once('popup', resolve)), app.click('button')]);
      await until(popup, (button) => document.querySelector(button) !== null, ALLOW);
      await choose(popup);
      await press(popup, ALLOW);
      await until(app, () => document.title === 'told');
      assertCode(login.state);
    }));
  });
}
