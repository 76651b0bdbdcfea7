// Who can read and write an object, and why: asked for when somebody wants to know.

import { get } from './api.js';
import { fill, h } from './dom.js';
import { failure, loading } from './parts.js';
import { address } from './router.js';

/** A closed box that asks when it is opened. */
export function whoCanAccess(bucket, key) {
  const answer = h('div', { class: 'stack' });
  const load = async () => {
    fill(answer, loading());
    try {
      fill(answer, ...told(await get('/api/object-access', { bucket, key })));
    } catch (problem) {
      fill(answer, failure(problem, load));
    }
  };
  const box = h('details', { class: 'panel', ontoggle: () => { if (box.open) load(); } }, h('summary', null, 'Who can access this object'), answer);
  return box;
}

function told({ identities, cut, has_referer_rules: hasRefererRules, requester_pays: requesterPays }) {
  return [
    h('table', { class: 'rows still' },
      h('caption', { class: 'unseen' }, 'Who can access this object'),
      h('thead', null, h('tr', null, ['Who', 'Read', 'Write'].map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', null, identities.map((one) => h('tr', null,
        h('td', { class: 'object' }, who(one), one.depends_on_request && h('span', { class: 'under' }, 'Conditions on the request may change this.')),
        verdict('Read', one.read), verdict('Write', one.write))))),
    cut && h('p', { class: 'notice', role: 'status' }, `These are the first ${identities.length}. There are more accounts, users and roles.`),
    hasRefererRules && h('p', { class: 'hint' }, 'The bucket also looks at the page that a request without a signature comes from.'),
    requesterPays && h('p', { class: 'hint' }, 'Others than the owner also have to say that they pay for the request.'),
  ];
}

function who({ kind, account, name }) {
  switch (kind) {
    case 'everybody': return 'Everybody, without a signature';
    case 'account': return h('a', { href: address(['access', account]) }, `Account ${account}`);
    default: return h('a', { href: address(['access', account, `${kind}s`, name]) }, `${kind === 'user' ? 'User' : 'Role'} ${name}`);
  }
}

function verdict(label, { allowed, reason }) {
  return h('td', { class: allowed ? 'good' : 'bad' }, h('b', null, h('span', { class: 'unit' }, `${label}: `), allowed ? 'Yes' : 'No'), h('span', { class: 'under' }, reason));
}
