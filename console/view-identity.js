// A user or a role: what is known of it, its access keys or who may assume it, and its policies.

import { get, patch, put, remove } from './api.js';
import { keysPanel } from './access-keys.js';
import { confirmed, copyButton, fill, h, toast, workButton } from './dom.js';
import { fullTime } from './format.js';
import { facts, failure, field, loading, title } from './parts.js';
import { inWords, policyEditor, pretty } from './policy-editor.js';
import { address, go } from './router.js';

const NEW_POLICY = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['oss:GetObject', 'oss:PutObject'], Resource: ['acs:oss:*:*:my-bucket/*'] }],
};

/** Shows the view. */
export function identityView(main, { rest: [account, kind, name] }) {
  let left = false;
  const isUser = kind === 'users';
  const place = { account, kind: isUser ? 'users' : 'roles', name, path: `/api/access/${isUser ? 'users' : 'roles'}/${encodeURIComponent(name ?? '')}` };
  const back = h('p', { class: 'back' }, h('a', { href: address(['access', account]) }, '← Access'));
  const load = async () => {
    try {
      const identity = await get(place.path, { account });
      if (!left) fill(main, back, ...(isUser ? userPage : rolePage)(identity, place, load), policies(place));
    } catch (problem) {
      if (!left) fill(main, back, failure(problem, problem.status === 404 ? null : load));
    }
  };
  fill(main, back, loading());
  load();
  return () => { left = true; };
}

function userPage(user, place, load) {
  const isActive = user.status === 'Active';
  return [
    title(user.name,
      workButton({ class: 'quiet' }, isActive ? 'Disable' : 'Enable', attempt(async () => {
        await patch(place.path, { status: isActive ? 'Disabled' : 'Active' }, { account: place.account });
        toast(isActive ? `${user.name} is disabled: all its keys are refused.` : `${user.name} is enabled.`);
        await load();
      })),
      deletion(place, `${user.name} is gone then, with its access keys and policies.`)),
    facts([...described(user), ['Status', user.status]]),
    keysPanel({ account: place.account, user: user.name }),
  ];
}

function rolePage(role, place, load) {
  const longest = h('input', { type: 'number', min: '900', max: '43200', required: true, value: String(role.max_session_s) });
  const change = (document) => patch(place.path, document, { account: place.account });
  return [
    title(role.name, deletion(place, `${role.name} is gone then, and its sessions end.`)),
    facts(described(role)),
    h('section', { class: 'panel', 'aria-label': 'Sessions' },
      h('h2', null, 'Sessions'),
      policyEditor({
        kind: 'trust', label: 'Trust policy: who may assume it', document: pretty(role.trust_policy), action: 'Save trust policy',
        save: async (document) => {
          await change({ trust_policy: document });
          toast('Saved the trust policy.');
          await load();
        },
      }),
      h('form', {
        class: 'stack',
        onsubmit: (event) => {
          event.preventDefault();
          attempt(async () => {
            await change({ max_session_s: Number(longest.value) });
            toast('Saved.');
          })();
        },
      }, field('Longest session, in seconds', longest, '900 to 43200.'), h('div', { class: 'actions' }, h('button', { class: 'quiet' }, 'Save the longest session')))),
  ];
}

function described(identity) {
  return [
    ['ARN', h('span', { class: 'copied' }, h('span', { class: 'code' }, identity.arn), copyButton(identity.arn, 'the ARN')), 'wide'],
    ['Id', h('span', { class: 'code' }, identity.id)],
    ['Created', fullTime(identity.created_ms)],
    ['Comment', identity.comment],
  ];
}

function deletion({ path, account, name, kind }, text) {
  return workButton({ class: 'danger quiet' }, 'Delete', attempt(async () => {
    const what = kind === 'users' ? 'user' : 'role';
    if (!await confirmed({ title: `Delete this ${what}?`, text: `${text} This cannot be undone.`, action: 'Delete' })) return;
    await remove(path, { account });
    toast(`Deleted the ${what} ${name}.`);
    go(address(['access', account]));
  }));
}

function policies(place) {
  const list = h('div', { class: 'stack' });
  const parameters = { account: place.account };
  const at = (policy) => `${place.path}/policies/${encodeURIComponent(policy)}`;
  const load = async () => {
    try {
      const found = (await get(`${place.path}/policies`, parameters)).policies;
      fill(list,
        found.length === 0 && h('p', { class: 'hint' }, 'No policies: nothing is allowed but what bucket policies and ACLs allow.'),
        found.map((policy) => existing(policy)));
    } catch (problem) {
      fill(list, failure(problem, load));
    }
  };
  const set = async (policy, document) => {
    await put(at(policy), { document }, parameters);
    toast(`Saved the policy ${policy}.`);
    await load();
  };
  const existing = (policy) => h('details', { class: 'one-policy' },
    h('summary', null, policy.name),
    inWords(policy.document, false),
    policyEditor({ kind: 'ram', label: `Document of ${policy.name}`, document: pretty(policy.document), save: (document) => set(policy.name, document) },
      workButton({ class: 'danger quiet' }, 'Delete policy', attempt(async () => {
        if (!await confirmed({ title: 'Delete this policy?', text: `What only ${policy.name} allows is refused from then on, and what it denies is not denied any more.`, action: 'Delete' })) return;
        await remove(at(policy.name), parameters);
        toast(`Deleted the policy ${policy.name}.`);
        await load();
      }))));
  fill(list, loading());
  load();
  return h('section', { class: 'panel', 'aria-label': 'Policies' }, h('h2', null, 'Policies'), list, newPolicy(set));
}

function newPolicy(set) {
  const name = h('input', { type: 'text', required: true, maxlength: '128', pattern: '[A-Za-z0-9\\-]+', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', placeholder: 'uploads', title: 'Up to 128 letters, digits and -' });
  const box = h('details', null, h('summary', null, 'New policy'), h('div', { class: 'stack' },
    field('Name of the policy', name),
    policyEditor({
      kind: 'ram', label: 'Document', document: JSON.stringify(NEW_POLICY, null, 2), action: 'Add policy',
      save: async (document) => {
        if (!name.reportValidity()) return;
        await set(name.value, document);
        name.value = '';
        box.open = false;
      },
    })));
  return box;
}

function attempt(work) {
  return async () => {
    try {
      await work();
    } catch (problem) {
      toast(problem.message, 'bad');
    }
  };
}
