// Sends files straight to the API as a browser of an application does: a signed form (PostObject), or parts where a file is
// large, with progress, and with the application server's answer where a callback was asked for.

import { post } from './api.js';
import { h } from './dom.js';
import { bytes } from './format.js';
import { IN_PARTS_ABOVE, sendInParts } from './multipart.js';
import { address } from './router.js';

/** How many files are sent at once. */
const AT_ONCE = 2;

let running = 0;
const waiting = [];

// Who leaves meanwhile loses what has been sent.
window.addEventListener('beforeunload', (event) => { if (running > 0) event.preventDefault(); });

/** Sends a file and shows how it goes in `list`. Resolves to whether the object is stored. */
export function upload({ file, bucket, key, callback, list }) {
  const item = progressItem(file, bucket, key);
  list.append(item.element);
  return new Promise((resolve) => {
    const begin = async () => {
      running += 1;
      try {
        resolve(await run({ file, bucket, key, callback, item }));
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    };
    if (running < AT_ONCE) begin();
    else waiting.push(begin);
  });
}

async function run({ file, bucket, key, callback, item }) {
  if (item.cancelled) return false;
  try {
    const send = file.size > IN_PARTS_ABOVE ? sendInParts : sendWhole;
    return item.finish(await send({ file, bucket, key, callback, item }), Boolean(callback));
  } catch (problem) {
    item.fail(problem.message);
    return false;
  }
}

async function sendWhole({ file, bucket, key, callback, item }) {
  item.say('Signing…');
  return sendForm(await post('/api/upload-form', { bucket, key, callback }), file, item);
}

function sendForm({ url, fields }, file, item) {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  // What comes after the file is not read.
  data.append('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    item.cancel = () => request.abort();
    request.upload.addEventListener('progress', (event) => { if (event.lengthComputable) item.progress(event.loaded, event.total); });
    request.upload.addEventListener('load', () => item.say('Sent. Waiting for the answer…'));
    request.addEventListener('load', () => resolve({
      status: request.status,
      text: request.responseText,
      id: request.getResponseHeader('x-oss-request-id'),
    }));
    request.addEventListener('abort', () => reject(new Error('Cancelled. Nothing was stored.')));
    request.addEventListener('error', () => reject(new Error(
      `The API at ${new URL(url).origin} could not be reached, or broke off. Check that this browser can reach that address; `
      + 'server.public_url names another one.')));
    request.open('POST', url);
    request.send(data);
  });
}

function progressItem(file, bucket, key) {
  const bar = h('progress', { max: '1', value: 0, 'aria-label': `Upload of ${key}` });
  const words = h('span', { class: 'words', role: 'status' }, 'Waiting…');
  const result = h('div', { class: 'result' });
  const item = {
    cancelled: false,
    cancel: () => {},
    say: (text) => { words.textContent = text; },
    progress: (sent, total) => {
      bar.value = total ? sent / total : 1;
      words.textContent = `${bytes(sent)} of ${bytes(total)}`;
    },
  };
  const button = h('button', {
    type: 'button', class: 'small quiet', 'aria-label': `Cancel the upload of ${key}`,
    onclick: () => { item.cancelled = true; item.cancel(); item.fail('Cancelled. Nothing was stored.'); },
  }, 'Cancel');
  item.element = h('li', { class: 'upload' },
    h('div', { class: 'name' }, h('span', { class: 'code' }, key), h('span', { class: 'under' }, bytes(file.size)), button),
    bar, words, result);
  // From here on the server may have stored it already.
  item.final = () => { button.remove(); item.say('Sent. Waiting for the answer…'); };
  const end = (kind, text, ...rest) => {
    button.remove();
    item.element.classList.add(kind);
    bar.value = 1;
    words.textContent = text;
    result.replaceChildren(...rest.filter(Boolean));
  };
  item.fail = (text) => { if (!item.element.classList.contains('failed')) { end('failed', text); bar.remove(); } };
  item.finish = ({ status, text, id }, called) => {
    const object = h('a', { href: address(['object'], { bucket, key }) }, 'See the object');
    const delivery = called && id && h('a', { href: address(['callbacks', id]) }, 'See the callback');
    if (status === 203) {
      const told = errorOf(text);
      end('warned', 'Stored, but the callback failed.', h('p', null, told.message), h('p', null, delivery, ' ', object));
      return true;
    }
    if (status >= 200 && status < 300) {
      const answered = called && status === 200;
      end('done', answered ? 'Stored, and the application server answered:' : 'Stored.',
        answered && h('pre', null, text), h('p', null, delivery, ' ', object));
      return true;
    }
    const told = errorOf(text);
    end('failed', `Refused: ${told.message}`, told.code && h('p', { class: 'hint' }, `${told.code}${id ? `, request ${id}` : ''}`));
    return false;
  };
  return item;
}

/** The code and the words in an error document. */
function errorOf(text) {
  const document = new DOMParser().parseFromString(text, 'application/xml');
  const of = (name) => document.querySelector(name)?.textContent ?? '';
  return { code: of('Code'), message: of('Message') || 'The server gave no reason.' };
}
