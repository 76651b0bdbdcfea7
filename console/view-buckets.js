// The buckets: what they hold, and a new one.

import { get, post } from './api.js';
import { fill, h, toast } from './dom.js';
import { bytes, fullTime, number, plural } from './format.js';
import { empty, failure, field, inlineFailure, loading, title } from './parts.js';
import { address, go } from './router.js';

const ACLS = {
  private: 'Private', 'public-read': 'Everybody reads', 'public-read-write': 'Everybody reads and writes', 'authenticated-read': 'Everybody who signs reads',
};

/** Shows the view. */
export function bucketsView(main) {
  let left = false;
  const list = h('div', { class: 'list' });
  const buckets = [];
  const load = async (after) => {
    if (!after) fill(list, loading());
    try {
      const answer = await get('/api/buckets', { after });
      if (left) return;
      buckets.push(...answer.buckets);
      draw(answer.next);
    } catch (problem) {
      if (!left) fill(list, failure(problem, () => load(after)));
    }
  };
  const draw = (next) => fill(list,
    buckets.length === 0
      ? empty('No buckets yet', h('p', null, 'A bucket holds objects. Name the first one below; an SDK can create one, too.'))
      : table(buckets),
    next && h('p', { class: 'more' }, h('button', { type: 'button', class: 'quiet', onclick: () => load(next) }, 'Show more')));
  fill(main, title('Buckets'), list, creation());
  load();
  return () => { left = true; };
}

function table(buckets) {
  const head = ['Name', 'Objects', 'Size', 'Access', 'Created'];
  return h('table', { class: 'rows buckets' },
    h('caption', { class: 'unseen' }, 'Buckets by name'),
    h('thead', null, h('tr', null, head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, buckets.map((bucket) => {
      const target = address(['buckets', bucket.name]);
      const extras = [
        bucket.uploads > 0 && plural(bucket.uploads, 'upload') + ' under way',
        bucket.has_cors && 'CORS rules',
        bucket.has_callback_policy && 'callback policies',
      ].filter(Boolean);
      return h('tr', { onclick: (event) => { if (!event.target.closest('a')) go(target); } },
        h('td', { class: 'object' }, h('a', { href: target }, bucket.name), extras.length > 0 && h('span', { class: 'under' }, extras.join(', '))),
        h('td', { class: 'number' }, number(bucket.objects), h('span', { class: 'unit' }, bucket.objects === 1 ? ' object' : ' objects')),
        h('td', { class: 'number' }, bytes(bucket.bytes)),
        h('td', { class: bucket.acl === 'private' && !bucket.policy_is_public ? null : 'warning' }, access(bucket)),
        h('td', { class: 'when' }, fullTime(bucket.created_ms)));
    })));
}

function access({ acl, policy_is_public: isPublic, block_public_access: isBlocked }) {
  return [ACLS[acl] ?? acl, isPublic && h('span', { class: 'under' }, 'Public policy'), isBlocked && h('span', { class: 'under' }, 'Public access is blocked')];
}

function creation() {
  const name = h('input', {
    type: 'text', required: true, minlength: '3', maxlength: '63', pattern: '[a-z0-9][a-z0-9\\-]*[a-z0-9]',
    autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', placeholder: 'my-bucket',
    title: '3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit',
  });
  const told = h('div');
  return h('form', {
    class: 'panel inline',
    onsubmit: async (event) => {
      event.preventDefault();
      fill(told);
      try {
        const bucket = await post('/api/buckets', { name: name.value });
        toast(`Created the bucket ${bucket.name}.`);
        go(address(['buckets', bucket.name]));
      } catch (problem) {
        fill(told, inlineFailure(problem));
      }
    },
  }, h('h2', null, 'New bucket'), field('Name', name, 'Lower-case letters, digits and hyphens. Only you have access until you say otherwise.'),
  h('button', { class: 'primary' }, 'Create'), told);
}
