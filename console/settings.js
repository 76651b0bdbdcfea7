// The server's settings, asked for once.

import { get } from './api.js';

let asked = null;

/** What `/api/info` says; asked for again after a failure. */
export function settings() {
  asked ??= get('/api/info').catch((problem) => { asked = null; throw problem; });
  return asked;
}

/** Forgets what was said. */
export function forgetSettings() {
  asked = null;
}
