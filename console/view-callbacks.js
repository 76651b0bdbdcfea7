// The callbacks as they happen: the trend, filters, and a table that new deliveries enter at the top.

import { get } from './api.js';
import { trend } from './chart.js';
import { announce, fill, h } from './dom.js';
import { STATES, fullTime, micros, time } from './format.js';
import { watch } from './live.js';
import { choice, empty, failure, field, loading, stateBadge, title } from './parts.js';
import { address, go, note } from './router.js';

const PAGE = 50;
/** Rows that may gather while the view is open; then it begins anew with the newest. */
const MOST_ROWS = 1000;
/** At most so often the table is drawn anew, however many callbacks come in. */
const DRAW_MS = 200;
const SPANS = [['1', 'Last hour'], ['24', 'Last 24 hours'], ['168', 'Last 7 days'], ['720', 'Last 30 days'], ['', 'Any time']];

/** Shows the view; returns how to leave it. */
export function callbacksView(main, { query }) {
  const filter = {
    bucket: query.get('bucket') ?? '',
    state: query.get('state') ?? '',
    text: query.get('text') ?? '',
    hours: query.get('hours') ?? '24',
  };
  const rows = new Map();
  const page = { cursor: null, loaded: 0, meanwhile: null };
  const live = h('span', { class: 'live', role: 'status' });
  const chart = h('div', { class: 'chart' });
  const list = h('div', { class: 'list' });
  const buckets = h('datalist', { id: 'bucket-names' });
  fill(main,
    title('Callbacks', live),
    chart,
    filters(filter, () => { note(ownAddress(filter)); load(); drawChart(); }),
    buckets,
    list);

  async function load() {
    const ticket = (page.loaded += 1);
    // The answer is as old as the question: what is told until it comes is newer.
    const meanwhile = (page.meanwhile = new Map());
    // Rows that are there stay until others come.
    if (rows.size === 0) fill(list, loading());
    try {
      const answer = await get('/api/deliveries', parameters(filter, null));
      if (ticket !== page.loaded) return;
      rows.clear();
      for (const row of answer.deliveries) rows.set(row.id, row);
      for (const row of meanwhile.values()) put(row);
      page.meanwhile = null;
      page.cursor = answer.cursor;
      draw();
    } catch (problem) {
      if (ticket === page.loaded) fill(list, failure(problem, load));
    }
  }

  async function more() {
    const ticket = page.loaded;
    const answer = await get('/api/deliveries', parameters(filter, page.cursor));
    if (ticket !== page.loaded) return;
    for (const row of answer.deliveries) if (!rows.has(row.id)) rows.set(row.id, row);
    page.cursor = answer.cursor;
    draw();
  }

  /** Takes a row in, or out where it does not fit any more; whether that changed anything. */
  function put(row) {
    if (!fits(filter, row)) return rows.delete(row.id);
    rows.set(row.id, row);
    return true;
  }

  function draw(fresh) {
    const shown = [...rows.values()].sort((a, b) => b.created_ms - a.created_ms);
    if (shown.length === 0 && page.cursor === null) {
      fill(list, nothing(filter));
      return;
    }
    // Who goes through the table by keyboard stays at the same callback.
    const focused = list.contains(document.activeElement) ? document.activeElement.closest('tr')?.dataset.id : null;
    fill(list,
      table(shown, fresh),
      shown.length === 0 && h('p', { class: 'hint' }, 'None of the newest deliveries fit. Older ones may.'),
      page.cursor !== null && h('p', { class: 'more' },
        h('button', { type: 'button', class: 'quiet', onclick: (event) => { event.target.disabled = true; more().catch((problem) => fill(list, failure(problem, load))); } }, 'Show older')));
    if (focused) list.querySelector(`tr[data-id="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  }

  async function drawChart() {
    try {
      fill(chart, trend(await get('/api/deliveries/summary', { hours: filter.hours || 720 })));
    } catch {
      // The list below tells what is wrong.
      fill(chart);
    }
  }

  async function offerBuckets() {
    const { buckets: known } = await get('/api/buckets', { limit: 1000 }).catch(() => ({ buckets: [] }));
    fill(buckets, known.map(({ name }) => h('option', { value: name })));
  }

  const arrived = new Map();
  const showArrived = atMostEvery(DRAW_MS, () => {
    if (rows.size > MOST_ROWS) load();
    else draw(arrived);
    announce(news([...arrived.values()]));
    arrived.clear();
  });
  const changed = atMostEvery(2000, drawChart);
  const stop = watch(({ delivery, missed, state }) => {
    if (state) showState(live, state);
    if (missed) { load(); changed(); }
    if (!delivery) return;
    changed();
    page.meanwhile?.set(delivery.id, delivery);
    if (!put(delivery)) return;
    if (rows.has(delivery.id)) arrived.set(delivery.id, delivery);
    showArrived();
  });
  load();
  drawChart();
  offerBuckets();
  // Relative spans move on even when nothing happens.
  const clock = setInterval(drawChart, 60_000);
  return () => { stop(); changed.cancel(); showArrived.cancel(); clearInterval(clock); page.loaded += 1; };
}

function filters(filter, changed) {
  const set = (name) => (value) => { filter[name] = value; changed(); };
  const typed = later(changed, 300);
  const text = (name, props) => h('input', {
    type: 'search', value: filter[name], autocomplete: 'off', spellcheck: 'false', ...props,
    oninput: (event) => { filter[name] = event.target.value.trim(); typed(); },
  });
  const states = [['', 'Any state'], ...Object.entries(STATES).map(([value, { name }]) => [value, name])];
  return h('form', { class: 'filters', role: 'search', 'aria-label': 'Filter callbacks', onsubmit: (event) => event.preventDefault() },
    field('State', choice(states, filter.state, set('state'))),
    field('Time', choice(SPANS, filter.hours, set('hours'))),
    field('Bucket', text('bucket', { list: 'bucket-names', placeholder: 'Any bucket' })),
    field('URL or object', text('text', { placeholder: 'Part of a URL or key' })));
}

function table(rows, fresh) {
  const head = ['Time', 'State', 'Object', 'Application server', 'Took', 'Verdict'];
  return h('table', { class: 'rows callbacks' },
    h('caption', { class: 'unseen' }, 'Callbacks, newest first'),
    h('thead', null, h('tr', null, head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, rows.map((row) => line(row, fresh?.has(row.id)))));
}

function line(row, fresh) {
  const target = address(['callbacks', row.id]);
  return h('tr', { class: fresh ? 'fresh' : null, 'data-id': row.id, onclick: (event) => { if (!event.target.closest('a')) go(target); } },
    h('td', { class: 'when', title: fullTime(row.created_ms) }, time(row.created_ms)),
    h('td', { class: 'what' }, stateBadge(row.state)),
    h('td', { class: 'object' }, h('a', { href: target }, row.object), h('span', { class: 'under' }, row.bucket)),
    h('td', { class: 'url' }, h('span', { class: 'code' }, row.url)),
    h('td', { class: 'took' }, micros(row.total_us)),
    h('td', { class: 'verdict' }, verdict(row), row.findings.length > 0 && h('span', { class: 'under' }, row.findings[0])));
}

function verdict(row) {
  if (row.state === 'delivered') return row.attempts > 1 ? `Accepted after ${row.attempts} requests` : 'Accepted';
  return row.verdict || STATES[row.state]?.meaning || '';
}

function nothing(filter) {
  const filtered = filter.bucket || filter.state || filter.text;
  if (filtered) {
    return empty('No callback fits the filters',
      h('p', null, 'Choose another state or a longer time, or see all of them.'),
      h('p', null, h('a', { class: 'button', href: '#/callbacks?hours=720' }, 'Show all callbacks')));
  }
  return empty(filter.hours ? 'No callbacks in this time' : 'No callbacks yet',
    h('p', null, 'A callback appears here as soon as an upload asks for one. Try it with a file of yours:'),
    h('p', null,
      h('a', { class: 'button', href: '#/upload' }, 'Upload with a callback'),
      filter.hours && h('a', { class: 'button quiet', href: '#/callbacks?hours=720' }, 'Look further back')));
}

function fits(filter, row) {
  const since = filter.hours ? Date.now() - Number(filter.hours) * 3_600_000 : 0;
  return (!filter.bucket || row.bucket === filter.bucket)
    && (!filter.state || row.state === filter.state)
    && (!filter.text || row.url.includes(filter.text) || row.object.includes(filter.text))
    && row.created_ms >= since;
}

function parameters(filter, cursor) {
  const since = filter.hours ? Date.now() - Number(filter.hours) * 3_600_000 : null;
  return { bucket: filter.bucket, state: filter.state, url: filter.text, since, cursor, limit: PAGE };
}

function ownAddress(filter) {
  return address(['callbacks'], { ...filter, hours: filter.hours === '24' ? '' : filter.hours });
}

function showState(live, state) {
  live.className = `live ${state}`;
  live.textContent = { live: 'Live', lost: 'Reconnecting…', connecting: 'Connecting…' }[state];
}

/** What people who listen to the page are told. */
function news(deliveries) {
  if (deliveries.length === 0) return '';
  const { object, state } = deliveries.at(-1);
  const rest = deliveries.length > 1 ? `, and ${deliveries.length - 1} more` : '';
  return `Callback for ${object}: ${STATES[state]?.name ?? state}${rest}`;
}

/** Works soon after a call, and once for all calls that come meanwhile. */
function atMostEvery(ms, work) {
  let timer = null;
  let last = 0;
  const call = () => {
    timer ??= setTimeout(() => { timer = null; last = Date.now(); work(); }, Math.max(0, last + ms - Date.now()));
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/** Waits until calls have ceased for a while. */
function later(work, ms) {
  let timer = null;
  const call = () => { clearTimeout(timer); timer = setTimeout(work, ms); };
  call.cancel = () => clearTimeout(timer);
  return call;
}
