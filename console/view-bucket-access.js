// Who may use a bucket: its ACL and its policy, to change; what else keeps requests out, to read.

import { get, put, remove } from './api.js';
import { confirmed, fill, h, toast, workButton } from './dom.js';
import { choice, facts, failure, field, inlineFailure, loading, title } from './parts.js';
import { inWords, policyEditor, pretty } from './policy-editor.js';
import { address } from './router.js';

const ACLS = [
  ['private', 'Private'], ['public-read', 'Everybody reads'], ['public-read-write', 'Everybody reads and writes'],
  ['authenticated-read', 'Everybody who signs reads'],
];

/** Shows the view. */
export function bucketAccessView(main, { rest: [bucket] }) {
  let left = false;
  const back = h('p', { class: 'back' }, h('a', { href: address(['buckets', bucket]) }, `← ${bucket}`));
  const draw = (access) => { if (!left) fill(main, back, title(`Access to ${bucket}`), ...sections(access, draw)); };
  const load = async () => {
    try {
      draw(await get('/api/bucket-access', { bucket }));
    } catch (problem) {
      if (!left) fill(main, back, failure(problem, problem.status === 404 ? null : load));
    }
  };
  fill(main, back, title(`Access to ${bucket}`), loading());
  load();
  return () => { left = true; };
}

function sections(access, draw) {
  const { referer } = access;
  return [
    access.policy_is_public && h('p', { class: 'notice warning', role: 'status' }, access.block_public_access
      ? 'The policy is public, but public access is blocked: what it gives everybody does not count.'
      : 'The policy is public: it gives everybody a right.'),
    facts([
      ['Owner', access.owner && h('span', { class: 'code' }, access.owner)],
      ['Public access', access.block_public_access ? 'blocked' : 'not blocked'],
      ['Pays for requests', access.requester_pays ? 'whoever sends them' : 'the owner'],
      ['Pages that may use it', referer && (referer.allowed.length ? referer.allowed.join(', ') : 'all')],
      ['Pages that may not', referer && referer.refused.join(', ')],
      ['Requests that name no page', referer && (referer.allow_empty ? 'accepted' : 'refused')],
    ]),
    aclPanel(access, draw),
    policyPanel(access, draw),
  ];
}

function aclPanel({ bucket, acl }, draw) {
  const chosen = choice(ACLS, acl, () => {});
  const told = h('div', { class: 'told' });
  return h('form', {
    class: 'panel inline',
    onsubmit: async (event) => {
      event.preventDefault();
      fill(told);
      try {
        draw(await put('/api/bucket-acl', { bucket, acl: chosen.value }));
        toast('Saved the ACL.');
      } catch (problem) {
        fill(told, inlineFailure(problem));
      }
    },
  }, h('h2', null, 'ACL'), field('Beside the owner', chosen, 'Objects may have an ACL of their own.'), h('button', { class: 'quiet' }, 'Save ACL'), told);
}

function policyPanel({ bucket, owner, policy, policy_is_public: isPublic }, draw) {
  const proposal = {
    Version: '1',
    Statement: [{ Effect: 'Allow', Principal: [owner || '*'], Action: ['oss:GetObject'], Resource: [`acs:oss:*:*:${bucket}/*`] }],
  };
  const deletion = () => workButton({ class: 'danger quiet' }, 'Delete policy', async () => {
    if (!await confirmed({ title: 'Delete the policy?', text: `What only the policy of ${bucket} allows is refused from then on, and what it denies is not denied any more.`, action: 'Delete' })) return;
    try {
      draw(await remove('/api/bucket-policy', { bucket }));
      toast('Deleted the policy.');
    } catch (problem) {
      toast(problem.message, 'bad');
    }
  });
  return h('section', { class: 'panel', 'aria-label': 'Policy' },
    h('h2', null, 'Policy'),
    policy === null ? h('p', { class: 'hint' }, 'No policy yet. Below is one to begin with.') : inWords(policy, isPublic),
    policyEditor({
      kind: 'bucket', bucket, label: 'Policy of the bucket', document: policy === null ? JSON.stringify(proposal, null, 2) : pretty(policy), action: 'Save policy',
      save: async (document) => {
        draw(await put('/api/bucket-policy', { bucket, document }));
        toast('Saved the policy.');
      },
    }, policy !== null && deletion()));
}
