// The list of cases, which the files in cases/ add to.

import assert from 'node:assert/strict';

export const cases = [];

/** Defines a case. */
export function define(name, run) {
  cases.push({ name, run });
}

/** Asks again until the answer is as it should be. */
export async function eventually(what, ask, seconds = 45) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    let seen;
    try {
      seen = await ask();
      if (seen) return seen;
    } catch (error) {
      seen = error.message;
    }
    if (Date.now() > end) assert.fail(`${what}: ${JSON.stringify(seen)} after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
