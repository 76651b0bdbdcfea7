// An editor of a policy document: checked by the server before it is set, with the mistake beside it, and told in words.

import { post } from './api.js';
import { fill, h, workButton } from './dom.js';
import { field, inlineFailure } from './parts.js';

/**
 * Makes an editor. `kind` is what the policy is for, as the server names it; `save` gets a document that is right, and `more` are
 * buttons beside those that check and save.
 */
export function policyEditor({ kind, bucket, document, label, action = 'Save', save }, ...more) {
  const text = h('textarea', {
    rows: '14', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'none', value: document, class: 'policy',
    oninput: () => { text.removeAttribute('aria-invalid'); fill(told); },
  });
  const told = h('div', { class: 'told' });
  const check = async () => {
    const answer = await post('/api/access/check-policy', { kind, bucket, document: text.value });
    if (answer.valid) return answer;
    text.setAttribute('aria-invalid', 'true');
    fill(told, inlineFailure(answer));
    mark(text, answer.statement);
    return null;
  };
  const attempt = (work) => async () => {
    fill(told);
    try {
      await work();
    } catch (problem) {
      fill(told, inlineFailure(problem));
    }
  };
  return h('div', { class: 'policy-editor' },
    field(label, text),
    told,
    h('div', { class: 'actions' },
      ...more,
      workButton({ class: 'quiet' }, 'Check', attempt(async () => {
        const answer = await check();
        if (answer) fill(told, h('div', { class: 'notice', role: 'status' }, h('p', null, 'The server takes this policy.'), inWords(text.value, answer.public)));
      })),
      workButton({ class: 'primary' }, action, attempt(async () => { if (await check()) await save(text.value); }))));
}

/** What a policy says, statement by statement. */
export function inWords(document, isPublic) {
  return [
    isPublic && h('p', { class: 'warning' }, 'It is public: it gives everybody a right.'),
    h('ol', { class: 'statements' }, statements(document).map((statement) => h('li', null, sentence(statement)))),
  ];
}

/** The document with a line for each element, where it is JSON. */
export function pretty(document) {
  try {
    return document.includes('\n') ? document : JSON.stringify(JSON.parse(document), null, 2);
  } catch {
    return document;
  }
}

function statements(document) {
  try {
    return [JSON.parse(document).Statement ?? []].flat();
  } catch {
    return [];
  }
}

function sentence(statement) {
  const who = statement.Principal ?? statement.NotPrincipal;
  const names = who === undefined ? null : list(Array.isArray(who) || typeof who === 'string' ? who : Object.values(who).flat());
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => `${key} ${operator} ${list(values)}`));
  return [
    statement.Effect === 'Deny' ? 'Denies ' : 'Allows ',
    names && (statement.NotPrincipal === undefined ? '' : 'everybody but '),
    names && h('span', { class: 'code' }, `${names || '*'}: `),
    statement.NotAction !== undefined && 'everything but ',
    h('span', { class: 'code' }, list(statement.Action ?? statement.NotAction)),
    statement.NotResource !== undefined ? ' on all but ' : statement.Resource !== undefined && ' on ',
    h('span', { class: 'code' }, list(statement.Resource ?? statement.NotResource)),
    conditions.length > 0 && [', if ', h('span', { class: 'code' }, conditions.join(' and '))],
    '.',
  ];
}

const list = (values) => [values ?? []].flat().join(', ');

/** Selects the statement with this number, counted from 1. */
function mark(text, number) {
  const range = number ? rangeOf(text.value, number) : null;
  if (!range) return;
  text.focus({ preventScroll: true });
  text.setSelectionRange(...range);
}

function rangeOf(document, number) {
  const begin = document.search(/"Statement"\s*:\s*\[/);
  if (begin < 0) return null;
  let [depth, count, start, quoted] = [0, 0, 0, false];
  for (let at = document.indexOf('[', begin); at < document.length; at += 1) {
    const letter = document[at];
    if (quoted) {
      if (letter === '\\') at += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '{' || letter === '[') {
      depth += 1;
      if (letter === '{' && depth === 2 && (count += 1) === number) start = at;
    } else if (letter === '}' || letter === ']') {
      depth -= 1;
      if (count === number && depth === 1) return [start, at + 1];
      if (depth === 0) return null;
    }
  }
  return null;
}
