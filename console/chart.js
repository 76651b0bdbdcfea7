// The journal's trend: one bar for each span of time, delivered below, what went wrong above.

import { h, svg } from './dom.js';
import { STATES, number, plural, seconds, time } from './format.js';

const ORDER = ['delivered', 'pending', 'unknown', 'abandoned', 'failed'];
const WIDTH = 960;
const HEIGHT = 96;

/** Draws a summary. */
export function trend(summary) {
  const totals = Object.fromEntries(ORDER.map((state) => [state, 0]));
  for (const slot of summary.slots) for (const state of ORDER) totals[state] += slot[state];
  const all = ORDER.reduce((sum, state) => sum + totals[state], 0);
  const highest = Math.max(1, ...summary.slots.map((slot) => ORDER.reduce((sum, state) => sum + slot[state], 0)));
  const step = WIDTH / summary.slots.length;
  const bars = summary.slots.flatMap((slot, index) => bar(summary, slot, index, step, highest));
  const end = summary.from_ms + summary.slot_ms * summary.slots.length;
  return h('figure', { class: 'trend' },
    h('figcaption', null,
      h('span', { class: 'legend' }, ORDER
        .filter((state) => totals[state] > 0 || state === 'delivered' || state === 'failed')
        .map((state) => h('span', { class: `key ${state}` },
          h('b', null, number(totals[state])), ` ${STATES[state].name.toLowerCase()}`))),
      !summary.complete && h('span', { class: 'hint' }, 'The newest of them are counted.')),
    svg('svg', {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${plural(all, 'callback')}: ${totals.delivered} delivered, ${totals.failed + totals.abandoned} failed.`,
    }, svg('line', { class: 'base', x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }), bars),
    h('div', { class: 'axis', 'aria-hidden': 'true' },
      h('span', null, time(summary.from_ms)),
      h('span', null, `${seconds(Math.round(summary.slot_ms / 60_000) * 60)} a bar`),
      h('span', null, time(Math.min(end, Date.now())))));
}

function bar(summary, slot, index, step, highest) {
  const from = summary.from_ms + index * summary.slot_ms;
  const told = ORDER.filter((state) => slot[state] > 0).map((state) => `${number(slot[state])} ${STATES[state].name.toLowerCase()}`);
  if (told.length === 0) return [];
  const room = HEIGHT - 4;
  let top = HEIGHT - 1;
  const pieces = ORDER.filter((state) => slot[state] > 0).map((state) => {
    // A single failure among thousands must still be seen.
    const height = Math.max(3, (slot[state] / highest) * room);
    top = Math.max(0, top - height);
    return svg('rect', { class: state, x: index * step + 1.5, y: top, width: Math.max(1, step - 3), height });
  });
  return [svg('g', null, svg('title', null, `${time(from)}: ${told.join(', ')}`), pieces)];
}
