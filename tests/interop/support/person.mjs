// A person in front of the pages of an authorization server: reads each page, fills in its form and presses a button, until
// the browser is sent to the callback. No script of a page runs.

import assert from 'node:assert/strict';

import { Browser } from './redirects.mjs';

const MAX_PAGES = 10;

export class Person {
  #browser;
  #fields;
  #thinks;

  /**
   * `fields` is what to write, by the name of the field, where a page leaves it open. `button` is the value of the button
   * to press where there are several. `thinks` is called before a form is sent.
   */
  constructor({ fields = {}, button = 'approve', browser = new Browser(), thinks = () => {} } = {}) {
    this.#browser = browser;
    this.#fields = fields;
    this.#thinks = thinks;
    this.button = button;
    /** The pages that were shown: `url`, `html` and `headers` of each. */
    this.pages = [];
  }

  /** Goes from `url` to `callback`, which is not opened: its location, with all that comes back. */
  async logIn(url, callback) {
    let at = { location: new URL(url) };
    let step = await this.#browser.follow(at.location, { callback });
    for (let shown = 0; shown < MAX_PAGES; shown += 1) {
      if (step.response === undefined) return step.location;
      const page = await this.#read(step);
      at = filledIn(page, this.#fields, this.button);
      step = await this.#browser.follow(at.url, { callback, form: at.form });
    }
    throw new Error(`more than ${MAX_PAGES} pages from ${url}`);
  }

  /** Goes from `url` to the end, as a browser does that opens the callback too: what is answered there. */
  async logInToTheEnd(url) {
    let step = await this.#browser.follow(url);
    for (let shown = 0; shown < MAX_PAGES; shown += 1) {
      if (!isForm(step.response)) return step.response;
      const page = await this.#read(step);
      if (!page.html.includes('<form')) return new Response(page.html, { status: page.status });
      const { url: next, form } = filledIn(page, this.#fields, this.button);
      step = await this.#browser.follow(next, { form });
    }
    throw new Error(`more than ${MAX_PAGES} pages from ${url}`);
  }

  async #read({ location, response }) {
    const html = await response.text();
    const page = { url: location, html, headers: response.headers, status: response.status };
    this.pages.push(page);
    await this.#thinks(page);
    return page;
  }
}

function isForm(response) {
  return response.headers.get('content-type')?.startsWith('text/html') ?? false;
}

/** Where the form of a page goes, and with what. */
function filledIn({ url, html, status }, fields, button) {
  const [, attributes, inside] = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(html) ?? [];
  assert.ok(inside !== undefined, `${url.origin}${url.pathname} answered ${status} without a form: ${html.slice(0, 2_000)}`);
  const form = new URLSearchParams();
  for (const [, input] of inside.matchAll(/<input([^>]*)>/g)) {
    const { type = 'text', name, value = '', checked } = attributesOf(input);
    if (name === undefined || type === 'submit') continue;
    const chosen = fields[name];
    if (type === 'radio' || type === 'checkbox') {
      const picked = chosen === undefined ? checked !== undefined : chosen === value;
      if (picked) form.set(name, value);
    } else {
      form.set(name, chosen ?? value);
    }
  }
  // Where nobody was chosen, the first one of the list is.
  for (const [, input] of inside.matchAll(/<input([^>]*)>/g)) {
    const { type, name, value } = attributesOf(input);
    if (type === 'radio' && !form.has(name) && fields[name] === undefined) form.set(name, value);
  }
  const buttons = [...inside.matchAll(/<button([^>]*)>/g)].map(([, one]) => attributesOf(one));
  const pressed = buttons.find(({ value }) => value === button) ?? buttons[0];
  if (pressed?.name !== undefined) form.set(pressed.name, pressed.value ?? '');
  return { url: new URL(attributesOf(attributes).action ?? url, url), form };
}

function attributesOf(text) {
  const found = text.matchAll(/([a-z-]+)(?:="([^"]*)")?/g);
  return Object.fromEntries([...found].map(([, name, value = '']) => [name, unescaped(value)]));
}

function unescaped(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replaceAll(/&(#x?[0-9a-f]+|[a-z]+);/gi, (all, what) => {
    if (what.startsWith('#x')) return String.fromCodePoint(Number.parseInt(what.slice(2), 16));
    if (what.startsWith('#')) return String.fromCodePoint(Number(what.slice(1)));
    return named[what] ?? all;
  });
}
