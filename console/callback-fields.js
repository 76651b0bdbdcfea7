// The fields by which an upload asks for a callback, the same wherever one can upload.

import { h } from './dom.js';
import { choice, field } from './parts.js';
import { settings } from './settings.js';

const REMEMBERED = 'ossicle.callback-url';
const TEMPLATE = '{"bucket":${bucket},"object":${object},"etag":${etag},"size":${size},"mimeType":${mimeType},"height":${imageInfo.height},"width":${imageInfo.width}}';
const TYPES = [['application/json', 'JSON'], ['application/x-www-form-urlencoded', 'Form']];

/** Makes the fields; `value()` is what the API takes, or null for no callback. */
export function callbackFields({ wanted = false } = {}) {
  const state = { type: 'application/json' };
  const url = h('input', { type: 'text', inputmode: 'url', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', placeholder: 'http://app.example.com/callback' });
  const body = h('textarea', { rows: '4', spellcheck: 'false', autocomplete: 'off', value: TEMPLATE });
  const variables = h('textarea', { rows: '2', spellcheck: 'false', autocomplete: 'off', placeholder: 'order=4711' });
  const details = h('div', { class: 'callback-details' },
    field('Application server', url, 'Several URLs, separated by semicolons, are tried in order.'),
    h('details', null, h('summary', null, 'Message'),
      field('Type', choice(TYPES, state.type, (type) => { state.type = type; })),
      field('Body', body, 'Variables such as ${object} are replaced. In JSON they bring their own quotes.'),
      field('Own variables', variables, 'One name=value a line; ${x:order} in the body stands for the value.')));
  const box = h('input', { type: 'checkbox', id: 'with-callback', checked: wanted, onchange: () => { details.hidden = !box.checked; } });
  details.hidden = !wanted;
  fillUrl(url);
  return {
    element: h('div', { class: 'callback-fields' },
      h('label', { class: 'check', for: 'with-callback' }, box, 'Call an application server back when the upload is done'), details),
    value: () => {
      if (!box.checked) return null;
      remember(url.value.trim());
      return { url: url.value.trim(), body: body.value, body_type: state.type, variables: read(variables.value) };
    },
  };
}

/** What was used last, else the built-in application server where there is one. */
async function fillUrl(url) {
  try {
    url.value = localStorage.getItem(REMEMBERED) ?? '';
  } catch {
    // A browser that keeps nothing still uploads.
  }
  const info = await settings().catch(() => null);
  if (info?.application_url && !url.value) url.value = info.application_url;
}

function remember(url) {
  try {
    localStorage.setItem(REMEMBERED, url);
  } catch {
    // As above.
  }
}

function read(text) {
  const pairs = text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
