// A real browser, without a window. It reaches this machine only: nothing that a page loads from elsewhere may decide a
// test.

import puppeteer from 'puppeteer-core';

import { chromium } from './processes.mjs';

/** Starts Chromium. Close it with `close()`. */
export function startChromium() {
  // Chromium's own sandbox does not start as root, where machines of a CI run it.
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return puppeteer.launch({
    executablePath: chromium(),
    headless: true,
    pipe: true,
    args: [
      ...root,
      '--disable-gpu',
      // Containers give little shared memory.
      '--disable-dev-shm-usage',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}
