#!/usr/bin/env node
// Stands in for a browser: opens the URL that it is given and follows every redirect, the one to the client's callback
// included.

import { followRedirects } from './redirects.mjs';

const { response } = await followRedirects(process.argv[2]);
await response.text();
if (!response.ok) {
  console.error(`the last answer was ${response.status}`);
  process.exitCode = 1;
}
