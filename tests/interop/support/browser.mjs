#!/usr/bin/env node
// Stands in for a browser and the person before it: opens the URL that it is given, follows every redirect, allows what a
// page asks, and opens the client's callback in the end.

import { Person } from './person.mjs';

const response = await new Person().logInToTheEnd(process.argv[2]);
await response.text();
if (!response.ok) {
  console.error(`the last answer was ${response.status}`);
  process.exitCode = 1;
}
