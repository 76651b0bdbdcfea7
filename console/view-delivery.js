// One delivery in full: what became of it and why, each attempt with request and answer side by side, and replay.

import { get, post } from './api.js';
import { announce, copyButton, fill, h, svg, toast, workButton } from './dom.js';
import { STATES, fullTime, micros, plural } from './format.js';
import { watch } from './live.js';
import { badgedTitle, facts, failure, loading, stateBadge } from './parts.js';
import { address } from './router.js';

/** Shows the view; returns how to leave it. */
export function deliveryView(main, { rest: [id] }) {
  let left = false;
  const load = async () => {
    try {
      const delivery = await get(`/api/deliveries/${encodeURIComponent(id)}`);
      if (!left) draw(delivery);
    } catch (problem) {
      if (!left) fill(main, back(), failure(problem, problem.status === 404 ? null : load));
    }
  };
  const draw = (delivery) => {
    // The button that was pressed goes with the old page; the focus shall not.
    const onReplay = document.activeElement?.matches('.title button') ?? false;
    fill(main, back(), ...whole(delivery, replay));
    if (onReplay) main.querySelector('.title button').focus({ preventScroll: true });
  };
  const replay = async () => {
    try {
      const { delivered, failure: told, delivery } = await post(`/api/deliveries/${encodeURIComponent(id)}/replay`);
      if (!left && delivery) draw(delivery);
      const text = delivered ? 'Replayed: the application server accepted the callback.' : `Replayed, and failed again: ${told?.message ?? ''}`;
      toast(text, delivered ? 'good' : 'bad');
    } catch (problem) {
      toast(problem.message, 'bad');
    }
  };
  fill(main, back(), loading());
  load();
  const stop = watch(({ delivery, missed }) => {
    if (missed) load();
    if (delivery?.id !== id) return;
    announce(`This callback is now ${STATES[delivery.state]?.name ?? delivery.state}`);
    load();
  });
  return () => { left = true; stop(); };
}

function back() {
  return h('p', { class: 'back' }, h('a', { href: '#/callbacks' }, '← Callbacks'));
}

function whole(delivery, replay) {
  const attempts = [...delivery.log].reverse();
  return [
    badgedTitle(delivery.object, stateBadge(delivery.state), workButton({ class: 'primary' }, 'Replay', replay)),
    h('p', { class: 'lead' }, sentence(delivery)),
    findings(delivery),
    facts([
      ['Uploaded', fullTime(delivery.created_ms)],
      ['Bucket', h('a', { href: address(['buckets', delivery.bucket]) }, delivery.bucket)],
      ['Object', h('a', { href: address(['object'], { bucket: delivery.bucket, key: delivery.object }) }, delivery.object)],
      ['Operation', delivery.operation],
      ['Request id', h('span', { class: 'code' }, delivery.id)],
      ['Uploaded by', delivery.requester === '-' ? 'anonymous' : delivery.requester],
      [delivery.urls.length > 1 ? 'Callback URLs' : 'Callback URL', delivery.urls.map((url) => h('span', { class: 'code line' }, url)), 'wide'],
      ['Host header', delivery.host],
      ['Server name (SNI)', delivery.sni ? 'sent' : null],
      ['Next try', delivery.due_ms ? fullTime(delivery.due_ms) : null],
      ['Public key', h('span', { class: 'code' }, delivery.public_key_url), 'wide'],
    ]),
    attempts.length === 0 && h('section', { class: 'attempt' }, h('h2', null, 'Not sent yet'),
      h('p', null, 'No request has left so far. This is what it carries:'), content('Body', delivery.body)),
    attempts.map((attempt, index) => attemptCard(attempt, attempts.length - index, attempts.length)),
  ];
}

function sentence(delivery) {
  const meaning = STATES[delivery.state]?.meaning ?? '';
  const words = delivery.failure ? ` The uploader was told: “${delivery.failure.message}” (${delivery.failure.ec}).` : '';
  return meaning + words;
}

function findings(delivery) {
  const last = delivery.log.at(-1);
  const all = [...delivery.template_findings, ...(last?.findings ?? [])];
  if (all.length === 0) return null;
  return h('section', { class: `findings ${delivery.state}` },
    h('h2', null, 'What we noticed'),
    h('ul', null, all.map((finding) => h('li', null, finding.sentence))));
}

function attemptCard(attempt, position, all) {
  const heading = all > 1 ? `Attempt ${position} of ${all}` : 'Attempt';
  const notes = [
    attempt.address && `sent to ${attempt.address}`,
    attempt.reused_connection && 'over a kept connection',
    attempt.verified_with && `signature verified with ${attempt.verified_with}`,
  ].filter(Boolean);
  return h('section', { class: `attempt ${attempt.succeeded ? 'delivered' : 'failed'}` },
    h('h2', null, heading, h('span', { class: 'verdict' }, attempt.succeeded ? 'accepted' : attempt.verdict)),
    h('p', { class: 'under' }, h('span', { class: 'code line' }, attempt.url), notes.join(' · ')),
    timings(attempt),
    !attempt.verified_with && /authorization:/i.test(attempt.request_head)
      && h('p', { class: 'notice' }, 'No key of this server verifies the signature that was sent: the request was signed with a key that is gone.'),
    h('div', { class: 'sides' },
      h('div', null, h('h3', null, 'Request'), head(attempt.request_head), content('Body', attempt.request_body)),
      h('div', null, h('h3', null, 'Answer'), ...answer(attempt))));
}

function answer(attempt) {
  if (!attempt.response_head) {
    return [h('p', { class: 'hint' }, 'No answer came back.')];
  }
  return [
    head(attempt.response_head),
    content('Body', attempt.response_body),
    attempt.response_truncated && h('p', { class: 'hint' }, 'The answer was longer than what the journal keeps.'),
  ];
}

function head(text) {
  const [first, ...headers] = text.split(/\r?\n/).filter((line) => line !== '');
  return h('pre', { class: 'head', tabindex: '0', 'aria-label': 'Head' },
    h('b', null, first ?? ''), '\n',
    headers.map((line) => {
      const at = line.indexOf(':');
      return at < 0 ? `${line}\n` : [h('span', { class: 'name' }, line.slice(0, at)), `${line.slice(at)}\n`];
    }));
}

function content(label, body) {
  if (typeof body === 'object' && body !== null) {
    return h('div', { class: 'content' }, h('p', { class: 'hint' }, 'Not text; in base64:'), h('pre', null, body.base64));
  }
  if (body === '') return h('p', { class: 'hint' }, 'No body.');
  const tidy = prettyJson(body);
  const text = h('pre', { tabindex: '0', 'aria-label': label }, tidy ?? body);
  const same = tidy === null || tidy === body;
  return h('div', { class: 'content' },
    h('div', { class: 'tools' },
      h('span', { class: 'hint' }, plural(new TextEncoder().encode(body).length, 'byte')),
      !same && h('button', {
        type: 'button', class: 'small quiet', 'aria-pressed': 'false',
        onclick: ({ target }) => {
          const raw = target.getAttribute('aria-pressed') !== 'true';
          target.setAttribute('aria-pressed', String(raw));
          text.textContent = raw ? body : tidy;
        },
      }, 'As sent'),
      copyButton(body, 'the body')),
    text);
}

/** JSON with line breaks; null for what is not JSON. Numbers keep their digits, as crc64 has more than a double holds. */
function prettyJson(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '{' || token === '[') { depth += 1; out += token + line(); }
    else if (token === '}' || token === ']') { depth -= 1; out = out.replace(/\s+$/, ''); out += /[{[]$/.test(out) ? token : line() + token; }
    else if (token === ',') out += token + line();
    else if (token === ':') out += ': ';
    else out += token;
  }
  return out;
}

/** Where the time went. Name and connection count from the start, the first byte from when the request was sent. */
function timings({ timings: { resolve, connect, first_byte: waited, total } }) {
  const ready = connect ?? resolve ?? 0;
  const wait = waited ?? (total - ready);
  const steps = [
    ['resolve', 'Name', resolve ?? 0],
    ['connect', 'Connection', Math.max(0, (connect ?? resolve ?? 0) - (resolve ?? 0))],
    ['wait', waited === null ? 'Waiting in vain' : 'Waiting', Math.max(0, wait)],
    ['read', 'Reading', waited === null ? 0 : Math.max(0, total - ready - wait)],
  ].filter(([, , us]) => us > 0);
  let x = 0;
  const whole = Math.max(1, total);
  return h('div', { class: 'timings' },
    svg('svg', { viewBox: '0 0 1000 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': `Took ${micros(total)}` },
      steps.map(([kind, , us]) => {
        const width = Math.max(4, (us / whole) * 1000);
        const rect = svg('rect', { class: kind, x, y: 0, width, height: 10 });
        x += width;
        return rect;
      })),
    h('p', null, steps.map(([kind, name, us]) => h('span', { class: `step ${kind}` }, `${name} ${micros(us)}`)),
      h('span', { class: 'step' }, h('b', null, `Total ${micros(total)}`))));
}
