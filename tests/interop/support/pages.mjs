// What the tests of pages that people see have in common: a visitor in Chromium for whom no script of a page runs, the
// place where logins end, and what can be measured of a page.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';

const SCREENSHOTS = fileURLToPath(new URL('../../../target/interop/screenshots/', import.meta.url));
const TRIES = 200;
const PAUSE_MS = 50;

/** An origin of somebody else. `pages` are answered by their paths, as HTML; every request is kept in `requests`. */
export async function startSite(pages = {}) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(new URL(request.url, 'http://127.0.0.1'));
    const page = pages[requests.at(-1).pathname];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page ?? '');
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    pages,
    requests,
    /** The parameters with which a path was opened, in order. */
    opened: (path) => requests.filter(({ pathname }) => pathname === path).map(({ searchParams }) => searchParams),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page in `context` on which no script runs. */
export async function scriptless(context, { width = 1024, height = 900, scheme = 'light' } = {}) {
  const page = await context.newPage();
  await page.setJavaScriptEnabled(false);
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  return page;
}

/** Waits until `what` of a page is true. */
export async function until(page, what, ...args) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await page.evaluate(what, ...args)) return;
    await pause(PAUSE_MS);
  }
  throw new Error(`${what} never became true at ${page.url()}: ${await page.content()}`);
}

/** Presses a button, as soon as it can be pressed, and waits for the page that comes of it. */
export async function press(page, button) {
  // A tab behind another one takes no clicks.
  await page.bringToFront();
  await until(page, armed, button);
  const [answer] = await Promise.all([page.waitForNavigation(), page.click(button)]);
  return answer;
}

function armed(button) {
  const found = document.querySelector(button);
  return found !== null && getComputedStyle(found).pointerEvents === 'auto';
}

/** Keeps a picture of a page. It has no part in a verdict. */
export async function picture(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}

/** Nothing of a page reaches beyond its sides. */
export async function assertFits(page) {
  const { wide, room, beyond } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    room: document.documentElement.clientWidth,
    beyond: [...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth)
      .map(({ outerHTML }) => outerHTML.slice(0, 100)),
  }));
  assert.ok(wide <= room, `it is ${wide} wide, and there is room for ${room}`);
  assert.deepEqual(beyond, []);
}

/** All text of a page, and all that says which button is which, can be told from what is behind it (WCAG 2.2, AA). */
export async function assertContrast(page) {
  const low = await page.evaluate(() => {
    const channels = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = (color) => {
      const [red, green, blue] = channels(color)
        .slice(0, 3)
        .map((channel) => channel / 255)
        .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      for (let one = element; one !== null; one = one.parentElement) {
        const { backgroundColor } = getComputedStyle(one);
        const [, , , alpha = 1] = channels(backgroundColor);
        if (alpha === 1) return backgroundColor;
      }
      return 'rgb(255, 255, 255)';
    };
    const contrast = (one, other) => {
      const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
      return (light + 0.05) / (dark + 0.05);
    };
    const found = [];
    for (const element of document.querySelectorAll('main, main *')) {
      const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
      const { color, borderTopColor } = getComputedStyle(element);
      if (says) found.push([element.outerHTML.slice(0, 80), contrast(color, behind(element)), 4.5]);
      if (element.matches('button, .field input')) {
        found.push([`the edge of ${element.outerHTML.slice(0, 80)}`, contrast(borderTopColor, behind(element.parentElement)), 3]);
      }
    }
    return found.filter(([, ratio, needed]) => ratio < needed);
  });
  assert.deepEqual(low, []);
}

/** Presses Tab until the focus is on `selector`. Every stop can be seen to have the focus, and has a name. */
export async function tabTo(page, selector) {
  const stops = [];
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate((wanted) => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return {
        is: element.matches(wanted),
        seen: outlineStyle !== 'none' && outlineWidth !== '0px',
        name: (element.labels?.[0] ?? element).textContent.trim(),
      };
    }, selector);
    stops.push(stop.name);
    assert.ok(stop.seen, `the focus on ${stop.name} cannot be seen`);
    assert.notEqual(stop.name, '');
    if (stop.is) return stops;
  }
  throw new Error(`Tab never came to ${selector}, but to ${stops}`);
}
