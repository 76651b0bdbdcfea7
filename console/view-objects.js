// The objects of a bucket: folders, search by prefix, deletion of many, uploads by drag and drop.

import { get } from './api.js';
import { append, fill, h } from './dom.js';
import { bytes, fullTime, time } from './format.js';
import { callbackFields } from './callback-fields.js';
import { empty, failure, field, loading, title } from './parts.js';
import { address, go, note } from './router.js';
import { Selection } from './selection.js';
import { upload } from './upload.js';

/** Shows the view. */
export function objectsView(main, { rest: [bucket], query }) {
  let left = false;
  let ticket = 0;
  const place = { prefix: query.get('prefix') ?? '' };
  const list = h('div', { class: 'list' });
  const crumbs = h('nav', { class: 'crumbs', 'aria-label': 'Folder' });
  const uploads = h('ul', { class: 'uploads', 'aria-label': 'Uploads' });
  const entries = { folders: [], objects: [] };
  const callback = callbackFields();
  const selection = new Selection(bucket, () => { if (!left) load(); });

  const load = async (after) => {
    const mine = (ticket += 1);
    if (!after) fill(list, loading());
    fill(crumbs, ...trail(bucket, place.prefix));
    try {
      const answer = await get('/api/objects', { bucket, prefix: place.prefix, delimiter: '/', after });
      if (left || mine !== ticket) return;
      if (!after) { entries.folders = []; entries.objects = []; }
      entries.folders.push(...answer.common_prefixes);
      entries.objects.push(...answer.objects);
      draw(answer.next);
    } catch (problem) {
      if (!left && mine === ticket) fill(list, failure(problem, () => load(after)));
    }
  };
  const draw = (next) => {
    const nothing = entries.folders.length + entries.objects.length === 0;
    if (nothing) selection.begin(entries);
    fill(list, nothing ? emptyPlace(place.prefix) : table(bucket, place.prefix, entries, selection),
      next && h('p', { class: 'more' }, h('button', { type: 'button', class: 'quiet', onclick: () => load(next) }, 'Show more')));
  };
  const send = async (files) => {
    // Dropped files go where one is, not where a half-typed search would put them.
    const folder = place.prefix.slice(0, place.prefix.lastIndexOf('/') + 1);
    const jobs = files.map(({ file, path }) => upload({ file, bucket, key: folder + path, callback: callback.value(), list: uploads }));
    const stored = await Promise.all(jobs);
    if (!left && stored.some(Boolean)) load();
  };

  const area = h('section', { class: 'drop' }, list);
  dropZone(area, send);
  fill(main,
    h('p', { class: 'back' }, h('a', { href: '#/buckets' }, '← Buckets')),
    title(bucket,
      h('a', { class: 'button quiet', href: address(['buckets', bucket, 'access']) }, 'Access'),
      h('a', { class: 'button quiet', href: address(['callbacks'], { bucket, hours: '720' }) }, 'Callbacks of this bucket')),
    crumbs,
    search(place, () => { note(address(['buckets', bucket], place)); load(); }),
    selection.told,
    selection.bar,
    area,
    uploadPanel(bucket, send, callback, uploads));
  load();
  return () => { left = true; };
}

function search(place, changed) {
  let timer = null;
  const input = h('input', {
    type: 'search', value: place.prefix, placeholder: 'Keys that begin with…', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
    oninput: (event) => { place.prefix = event.target.value; clearTimeout(timer); timer = setTimeout(changed, 250); },
  });
  return h('form', { class: 'filters', role: 'search', 'aria-label': 'Search objects', onsubmit: (event) => event.preventDefault() },
    field('Prefix', input));
}

function trail(bucket, prefix) {
  const folders = prefix.split('/').slice(0, -1);
  // The title says the same at the top.
  if (folders.length === 0) return [];
  const links = [h('a', { href: address(['buckets', bucket]) }, bucket)];
  let path = '';
  for (const folder of folders) {
    path += `${folder}/`;
    links.push(h('span', { 'aria-hidden': 'true' }, ' / '), h('a', { href: address(['buckets', bucket], { prefix: path }) }, folder || '(no name)'));
  }
  return links;
}

function table(bucket, prefix, { folders, objects }, selection) {
  const all = selection.begin({ folders, objects });
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const head = ['Name', 'Size', 'Type', 'Changed'];
  const open = (target) => (event) => { if (!event.target.closest('a, .select')) go(target); };
  return h('table', { class: 'rows objects' },
    h('caption', { class: 'unseen' }, 'Folders and objects'),
    h('thead', null, h('tr', null, h('th', { scope: 'col', class: 'select' }, all), head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null,
      folders.map((path) => {
        const target = address(['buckets', bucket], { prefix: path });
        return h('tr', { class: 'folder', onclick: open(target) },
          h('td', { class: 'select' }, selection.box(selection.folders, path, `the folder ${path}`)),
          h('td', { class: 'object' }, h('a', { href: target }, path.slice(folder.length))), h('td'), h('td', null, 'Folder'), h('td'));
      }),
      objects.map((object) => {
        const target = address(['object'], { bucket, key: object.key });
        return h('tr', { onclick: open(target) },
          h('td', { class: 'select' }, selection.box(selection.keys, object.key, object.key)),
          h('td', { class: 'object' }, h('a', { href: target }, object.key.slice(folder.length) || object.key)),
          h('td', { class: 'number' }, bytes(object.size)),
          h('td', { class: 'type' }, object.content_type),
          h('td', { class: 'when', title: fullTime(object.last_modified_ms) }, time(object.last_modified_ms)));
      })));
}

function emptyPlace(prefix) {
  if (prefix) {
    return empty('Nothing begins with this', h('p', null, 'Shorten the prefix, or drop files here: they are stored in this folder.'));
  }
  return empty('This bucket is empty', h('p', null, 'Drop files here, or choose some below.'));
}

function uploadPanel(bucket, send, callback, uploads) {
  const picker = h('input', { type: 'file', multiple: true, onchange: () => { send([...picker.files].map((file) => ({ file, path: file.name }))); picker.value = ''; } });
  const panel = h('section', { class: 'panel' },
    h('h2', null, 'Upload here'),
    field('Files', picker, 'Or drop files anywhere on the list above. They go from this browser straight to the API.'));
  return append(panel, callback.element, uploads);
}

/** The files that were dropped, those in folders with their paths. */
async function droppedFiles(transfer) {
  // Both are gone once the event is over.
  const plain = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return plain.map((file) => ({ file, path: file.name }));
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, '') }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader hands out a part at a time, and nothing at the end.
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) break;
    found.push(...part);
  }
  return (await Promise.all(found.map(filesBelow))).flat();
}

/** Takes files that are dropped on an element. */
function dropZone(element, send) {
  let depth = 0;
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  const mark = (on) => element.classList.toggle('over', on);
  element.addEventListener('dragenter', (event) => { if (hasFiles(event)) { event.preventDefault(); depth += 1; mark(true); } });
  element.addEventListener('dragover', (event) => { if (hasFiles(event)) event.preventDefault(); });
  element.addEventListener('dragleave', () => { depth = Math.max(0, depth - 1); if (depth === 0) mark(false); });
  element.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    mark(false);
    droppedFiles(event.dataTransfer).then((files) => { if (files.length > 0) send(files); });
  });
}
