// One object: a picture of it where it is one, what is known of it, and what can be done with it.

import { get, remove } from './api.js';
import { confirmed, copyButton, fill, h, toast, workButton } from './dom.js';
import { bytes, fullTime, number } from './format.js';
import { facts, failure, loading, title } from './parts.js';
import { address, go } from './router.js';
import { whoCanAccess } from './who-can-access.js';

/** Images beyond this are not shown by themselves. */
const PREVIEW_BYTES = 20 * 1024 * 1024;
const IMAGES = /^image\/(png|jpeg|gif|webp|avif|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)/;

/** Shows the view. */
export function objectView(main, { query }) {
  let left = false;
  const [bucket, key] = [query.get('bucket') ?? '', query.get('key') ?? ''];
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  const home = address(['buckets', bucket], { prefix: folder });
  const back = h('p', { class: 'back' }, h('a', { href: home }, `← ${bucket}${folder ? ` / ${folder}` : ''}`));
  const load = async () => {
    try {
      const object = await get('/api/object', { bucket, key });
      if (!left) fill(main, back, ...whole(object, home));
    } catch (problem) {
      if (!left) fill(main, back, failure(problem, problem.status === 404 ? null : load));
    }
  };
  fill(main, back, loading());
  load();
  return () => { left = true; };
}

function whole(object, home) {
  const { bucket, key } = object;
  return [
    title(key.slice(key.lastIndexOf('/') + 1) || key,
      workButton({ class: 'primary' }, 'Download', () => download(bucket, key)),
      workButton({ class: 'quiet' }, 'Copy link', () => copyLink(bucket, key)),
      workButton({ class: 'danger quiet' }, 'Delete', () => removal(bucket, key, home))),
    IMAGES.test(object.content_type) && object.size <= PREVIEW_BYTES && preview(object),
    facts([
      ['Key', h('span', { class: 'code' }, key), 'wide'],
      ['Size', `${bytes(object.size)}${object.size >= 1024 ? ` (${number(object.size)} bytes)` : ''}`],
      ['Type', object.content_type],
      ['Changed', fullTime(object.last_modified_ms)],
      ['Kind', object.parts > 0 ? `${object.kind}, ${object.parts} parts` : object.kind],
      ['ETag', h('span', { class: 'code' }, object.etag)],
      ['CRC-64', h('span', { class: 'code' }, object.crc64)],
      ['Content-MD5', object.content_md5 && h('span', { class: 'code' }, object.content_md5)],
      ['Access', object.acl === 'default' ? 'as its bucket' : object.acl],
      ['Class', object.storage_class],
      ...object.headers.map(([name, value]) => [name, h('span', { class: 'code' }, value)]),
    ]),
    h('p', null, h('a', { href: address(['callbacks'], { bucket, text: key, hours: '720' }) }, 'Callbacks of this object')),
    whoCanAccess(bucket, key),
  ];
}

function preview(object) {
  const box = h('div', { class: 'preview' });
  get('/api/download-url', { bucket: object.bucket, key: object.key, inline: true }).then(({ url }) => {
    const image = h('img', { src: url, alt: `Preview of ${object.key}`, referrerpolicy: 'no-referrer' });
    image.addEventListener('load', () => box.append(h('p', { class: 'hint' }, `${image.naturalWidth} × ${image.naturalHeight} pixels`)));
    image.addEventListener('error', () => fill(box, h('p', { class: 'hint' }, 'This browser cannot show the image.')));
    fill(box, image);
  }).catch(() => box.remove());
  return box;
}

async function download(bucket, key) {
  try {
    const { url } = await get('/api/download-url', { bucket, key });
    // The answer says that it is to be saved, so the page stays.
    const link = h('a', { href: url, download: '', rel: 'noreferrer' });
    document.body.append(link);
    link.click();
    link.remove();
  } catch (problem) {
    toast(problem.message, 'bad');
  }
}

async function copyLink(bucket, key) {
  try {
    const { url, seconds } = await get('/api/download-url', { bucket, key, inline: true, seconds: 3600 });
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'link-title' },
      h('form', { method: 'dialog' },
        h('h2', { id: 'link-title' }, 'Link to this object'),
        h('p', null, `Whoever has it can read the object for ${Math.round(seconds / 60)} minutes.`),
        h('textarea', { readonly: true, rows: '5', 'aria-label': 'Link', value: url }),
        h('div', { class: 'actions' }, copyButton(url, 'the link'), h('button', { class: 'primary' }, 'Close'))));
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('textarea').select();
  } catch (problem) {
    toast(problem.message, 'bad');
  }
}

async function removal(bucket, key, home) {
  const sure = await confirmed({ title: 'Delete this object?', text: `${key} is gone from ${bucket} then. This cannot be undone.`, action: 'Delete' });
  if (!sure) return;
  try {
    await remove('/api/object', { bucket, key });
    toast(`Deleted ${key}.`);
    go(home);
  } catch (problem) {
    toast(problem.message, 'bad');
  }
}
