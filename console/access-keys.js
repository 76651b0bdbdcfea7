// The access keys of an account or a user: making one, whose secret is shown this once, rotating, disabling and deleting.

import { get, patch, post, remove } from './api.js';
import { confirmed, copyButton, fill, h, toast, workButton } from './dom.js';
import { fullTime } from './format.js';
import { choice, failure, field, loading } from './parts.js';

/** A panel with the keys of a user, or without `user` of the account itself. */
export function keysPanel({ account, user, lead }) {
  const list = h('div');
  const load = async () => {
    try {
      const { keys } = await get('/api/access/keys', { account, user });
      fill(list, keys.length === 0 ? h('p', { class: 'hint' }, 'No access keys.') : table(keys, load));
    } catch (problem) {
      fill(list, failure(problem, load));
    }
  };
  fill(list, loading());
  load();
  return h('section', { class: 'panel', 'aria-label': 'Access keys' },
    h('h2', null, 'Access keys'),
    lead && h('p', { class: 'lead' }, lead),
    list,
    h('p', null, workButton({ class: 'quiet' }, 'New access key', () => attempt(async () => {
      await showSecret(await post('/api/access/keys', {}, { account, user }));
      await load();
    }))));
}

function table(keys, load) {
  return h('table', { class: 'rows still keys' },
    h('caption', { class: 'unseen' }, 'Access keys'),
    h('thead', null, h('tr', null, ['Id', 'Status', 'Created', 'Actions'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, keys.map((key) => h('tr', null,
      h('td', { class: 'object' }, h('span', { class: 'code' }, key.id), key.comment && h('span', { class: 'under' }, key.comment)),
      h('td', { class: key.status === 'Active' ? null : 'warning' }, key.status === 'Active' && key.ends_ms ? `Active until ${fullTime(key.ends_ms)}` : key.status),
      h('td', { class: 'when' }, fullTime(key.created_ms)),
      h('td', null, h('div', { class: 'actions start' }, buttons(key, load)))))));
}

function buttons(key, load) {
  const path = `/api/access/keys/${encodeURIComponent(key.id)}`;
  const isActive = key.status === 'Active';
  const button = (kind, label, work) => workButton({ class: `small quiet ${kind}`, 'aria-label': `${label} the key ${key.id}` }, label, () => attempt(async () => { if (await work() !== false) await load(); }));
  return [
    button('', isActive ? 'Disable' : 'Enable', () => patch(path, { status: isActive ? 'Disabled' : 'Active' })),
    button('', 'Rotate', async () => {
      const grace = await askForGrace(key.id);
      if (grace === null) return false;
      return showSecret(await post(`${path}/rotate`, { grace_s: grace }));
    }),
    button('danger', 'Delete', async () => {
      if (!await confirmed({ title: 'Delete this access key?', text: `Whoever signs with ${key.id} is refused from then on. This cannot be undone.`, action: 'Delete' })) return false;
      return remove(path);
    }),
  ];
}

async function attempt(work) {
  try {
    await work();
  } catch (problem) {
    toast(problem.message, 'bad');
  }
}

/** Shows a key with its secret, which is in the page until the dialog closes. */
function showSecret(key) {
  const line = (label, value) => field(label, h('input', { type: 'text', readonly: true, value, class: 'code' }));
  return show(h('form', { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, 'New access key'),
    h('p', null, 'Copy the secret now: it is shown this once.'),
    line('Access key id', key.id),
    line('Access key secret', key.secret),
    h('div', { class: 'actions' }, copyButton(key.id, 'the access key id'), copyButton(key.secret, 'the access key secret'), h('button', { class: 'primary' }, 'Done'))));
}

/** Asks for how long the old key counts still; null if it is not to be rotated. */
async function askForGrace(id) {
  const grace = choice([['0', 'not at all'], ['3600', 'for an hour'], ['86400', 'for a day'], ['604800', 'for a week']], '86400', () => {});
  const answer = await show(h('form', { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, 'Rotate this access key?'),
    h('p', null, `Another key takes the place of ${id}.`),
    field('The old key goes on', grace),
    h('div', { class: 'actions' }, h('button', { value: 'no', class: 'quiet' }, 'Cancel'), h('button', { value: 'yes', class: 'primary' }, 'Rotate'))));
  return answer === 'yes' ? Number(grace.value) : null;
}

function show(form) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' }, form);
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
