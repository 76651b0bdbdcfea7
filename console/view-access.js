// Who may use the store: the users, roles and access keys of an account, and the other accounts.

import { get, patch, post, remove } from './api.js';
import { keysPanel } from './access-keys.js';
import { confirmed, copyButton, fill, h, toast, workButton } from './dom.js';
import { fullTime } from './format.js';
import { facts, failure, field, inlineFailure, loading, title } from './parts.js';
import { policyEditor } from './policy-editor.js';
import { address, go } from './router.js';

/** Shows the view. */
export function accessView(main, { rest: [uid] }) {
  let left = false;
  const load = async () => {
    try {
      // The configured account comes first.
      const account = uid ? await get(`/api/access/accounts/${encodeURIComponent(uid)}`) : (await get('/api/access/accounts', { limit: 1 })).accounts[0];
      if (!left) fill(main, ...whole(account, load));
    } catch (problem) {
      if (!left) fill(main, back(), failure(problem, problem.status === 404 ? null : load));
    }
  };
  fill(main, title('Access'), loading());
  load();
  return () => { left = true; };
}

const back = () => h('p', { class: 'back' }, h('a', { href: '#/access' }, '← Access'));

function whole(account, load) {
  const { uid, configured } = account;
  const lead = configured
    ? 'Keys of the account itself may do everything. The root key from the environment is not among them: it cannot be changed here.'
    : 'Keys of the account itself may do everything in its own buckets.';
  return [
    configured ? null : back(),
    title(configured ? 'Access' : account.name, configured ? null : changes(account, load)),
    facts([
      ['Account', h('span', { class: 'copied' }, h('span', { class: 'code' }, uid), copyButton(uid, 'the account id'))],
      ['Status', configured ? null : account.status],
      ['Created', account.created_ms && fullTime(account.created_ms)],
      ['Comment', account.comment],
    ]),
    people(uid, 'users', 'Users', 'No users yet.', userCreation(uid)),
    people(uid, 'roles', 'Roles', 'No roles yet.', roleCreation(uid)),
    keysPanel({ account: uid, lead }),
    configured ? accounts() : null,
    configured ? diagnosis() : null,
  ];
}

function changes({ uid, name, status }, load) {
  const path = `/api/access/accounts/${encodeURIComponent(uid)}`;
  const isActive = status === 'Active';
  const attempt = (work) => async () => {
    try {
      await work();
    } catch (problem) {
      toast(problem.message, 'bad');
    }
  };
  return [
    workButton({ class: 'quiet' }, isActive ? 'Disable' : 'Enable', attempt(async () => {
      await patch(path, { status: isActive ? 'Disabled' : 'Active' });
      await load();
    })),
    workButton({ class: 'danger quiet' }, 'Delete', attempt(async () => {
      if (!await confirmed({ title: 'Delete this account?', text: `${name} is gone then, with its own access keys. This cannot be undone.`, action: 'Delete' })) return;
      await remove(path);
      toast(`Deleted the account ${name}.`);
      go('#/access');
    })),
  ];
}

/** A panel with the users or the roles of an account, a page at a time. */
function people(account, kind, name, none, creation) {
  const columns = [
    ['Name', 'object', (one) => [h('a', { href: address(['access', account, kind, one.name]) }, one.name), one.comment && h('span', { class: 'under' }, one.comment)]],
    kind === 'users' ? ['Status', null, (one) => one.status] : ['Longest session', null, (one) => `${one.max_session_s} s`],
    ['Created', 'when', (one) => fullTime(one.created_ms)],
  ];
  return panel(name, none, columns, (after) => get(`/api/access/${kind}`, { account, after }).then((page) => ({ items: page[kind], next: page.next })), creation);
}

/** A panel with the other accounts. */
function accounts() {
  const columns = [
    ['Name', 'object', (one) => [h('a', { href: address(['access', one.uid]) }, one.name), one.comment && h('span', { class: 'under' }, one.comment)]],
    ['Id', null, (one) => h('span', { class: 'code' }, one.uid)],
    ['Status', null, (one) => one.status],
  ];
  const page = (after) => get('/api/access/accounts', { after }).then((found) => ({ items: found.accounts.filter((one) => !one.configured), next: found.next }));
  return panel('Other accounts', 'No other accounts. One more account owns its own buckets, and has users and roles of its own.', columns, page, accountCreation());
}

/** A panel that opens what a denied request was told. */
function diagnosis() {
  const message = h('textarea', { rows: '3', required: true, spellcheck: 'false', autocomplete: 'off', autocapitalize: 'none' });
  const told = h('div', { class: 'told' });
  return h('section', { class: 'panel', 'aria-label': 'Denied requests' },
    h('h2', null, 'Why was a request denied?'),
    h('form', {
      class: 'stack',
      onsubmit: async (event) => {
        event.preventDefault();
        fill(told);
        try {
          const found = await post('/api/access/diagnoses', { message: message.value });
          fill(told, facts(Object.entries(found).map(([name, value]) => [name, h('span', { class: 'code' }, typeof value === 'string' ? value : JSON.stringify(value)), 'wide'])));
        } catch (problem) {
          fill(told, inlineFailure(problem));
        }
      },
    }, field('Diagnostic message', message, 'The EncodedDiagnosticMessage of a 403 answer. Only this server can open it.'), told, h('div', { class: 'actions' }, h('button', { class: 'quiet' }, 'Explain'))));
}

function panel(name, none, columns, page, creation) {
  const list = h('div');
  const items = [];
  const load = async (after) => {
    try {
      const found = await page(after);
      items.push(...found.items);
      fill(list,
        items.length === 0 ? h('p', { class: 'hint' }, none) : table(name, columns, items),
        found.next && h('p', { class: 'more' }, h('button', { type: 'button', class: 'quiet', 'aria-label': `Show more ${name}`, onclick: () => load(found.next) }, 'Show more')));
    } catch (problem) {
      fill(list, failure(problem, () => load(after)));
    }
  };
  fill(list, loading());
  load();
  return h('section', { class: 'panel', 'aria-label': name }, h('h2', null, name), list, creation);
}

function table(name, columns, items) {
  return h('table', { class: 'rows still' },
    h('caption', { class: 'unseen' }, name),
    h('thead', null, h('tr', null, columns.map(([head]) => h('th', { scope: 'col' }, head)))),
    h('tbody', null, items.map((item) => h('tr', null, columns.map(([, style, cell]) => h('td', { class: style }, cell(item)))))));
}

function nameInput(placeholder, others, hint) {
  return h('input', { type: 'text', required: true, maxlength: '64', pattern: `[A-Za-z0-9${others}]+`, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', placeholder, title: hint });
}

const commentInput = () => h('input', { type: 'text', maxlength: '256', autocomplete: 'off' });

function userCreation(account) {
  const name = nameInput('alice', '\\-_.', 'Up to 64 letters, digits and - _ .');
  const comment = commentInput();
  return creation('New user', 'Create user', [field('Name of the user', name), field('Comment', comment)], async () => {
    const user = await post('/api/access/users', { name: name.value, comment: comment.value }, { account });
    go(address(['access', account, 'users', user.name]));
  });
}

function accountCreation() {
  const name = nameInput('partner', '\\-_.', 'Up to 64 letters, digits and - _ .');
  const comment = commentInput();
  return creation('New account', 'Create account', [field('Name of the account', name), field('Comment', comment)], async () => {
    const account = await post('/api/access/accounts', { name: name.value, comment: comment.value });
    go(address(['access', account.uid]));
  });
}

function creation(summary, action, fields, create) {
  const told = h('div', { class: 'told' });
  return h('details', null, h('summary', null, summary), h('form', {
    class: 'stack',
    onsubmit: async (event) => {
      event.preventDefault();
      fill(told);
      try {
        await create();
      } catch (problem) {
        fill(told, inlineFailure(problem));
      }
    },
  }, h('div', { class: 'pair' }, fields), told, h('div', { class: 'actions' }, h('button', { class: 'primary' }, action))));
}

function roleCreation(account) {
  const name = nameInput('reader', '\\-.', 'Up to 64 letters, digits and - .');
  const trust = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${account}:root`] } }] };
  return h('details', null, h('summary', null, 'New role'), h('div', { class: 'stack' },
    field('Name of the role', name),
    policyEditor({
      kind: 'trust', label: 'Trust policy: who may assume it', document: JSON.stringify(trust, null, 2), action: 'Create role',
      save: async (document) => {
        if (!name.reportValidity()) return;
        const role = await post('/api/access/roles', { name: name.value, trust_policy: document }, { account });
        go(address(['access', account, 'roles', role.name]));
      },
    })));
}
