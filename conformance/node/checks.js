/** Assertions that say what was expected and what came. */

import { isDeepStrictEqual } from 'node:util';

/** A case that did not hold. */
export class Failed extends Error {}

/** Fails unless both are deeply equal. */
export function equal(actual, expected, what = 'value') {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Failed(`${what}: expected ${short(expected)}, got ${short(actual)}`);
  }
}

/** Fails with `what` unless the condition holds. */
export function truthy(condition, what) {
  if (!condition) throw new Failed(what);
}

/** Fails unless the text or list contains the item. */
export function contains(container, item, what = 'value') {
  if (!container?.includes(item)) throw new Failed(`${what}: ${short(item)} is not in ${short(container)}`);
}

/** Fails unless the text matches. */
export function matches(actual, pattern, what = 'value') {
  if (typeof actual !== 'string' || !pattern.test(actual)) {
    throw new Failed(`${what}: ${short(actual)} does not match ${pattern}`);
  }
}

/** OSS request ids are 24 upper-case hex digits. */
export function requestId(value, what = 'request id') {
  matches(value, /^[0-9A-F]{24}$/, what);
}

/** Runs the function, fails unless it throws, returns what it threw. */
export async function raises(run, what = 'the call') {
  let outcome;
  try {
    outcome = await run();
  } catch (error) {
    return error;
  }
  throw new Failed(`${what} succeeded with ${short(outcome?.res?.status ?? outcome)}`);
}

/** Fails unless the call ends in the SDK error described; returns the error. */
export async function fails(run, { status, code, ec, message }, what = code) {
  const error = await raises(run, what);
  equal(
    [error.status, error.code, error.name],
    [status, code, `${code}Error`],
    `${what}: ${short(error.message)}`,
  );
  if (ec !== undefined) equal(error.ecCode, ec, `EC, ${what}`);
  if (message !== undefined) equal(error.message, message, `Message, ${what}`);
  return error;
}

/** A value short enough for one line. */
export function short(value, limit = 600) {
  const text = Buffer.isBuffer(value) ? value.toString('latin1') : (JSON.stringify(value) ?? String(value));
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length} characters)`;
}
