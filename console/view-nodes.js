// The nodes that serve from the store, as the one that answers sees them.

import { get } from './api.js';
import { fill, h } from './dom.js';
import { fullTime, number, seconds, time } from './format.js';
import { failure, loading, title } from './parts.js';

/** Milliseconds between two looks. */
const AGAIN = 10_000;

/** Shows the view. */
export function nodesView(main) {
  let left = false;
  let timer = null;
  const list = h('div', { class: 'list' }, loading());
  const load = async () => {
    try {
      const answer = await get('/api/nodes');
      if (left) return;
      fill(list, lead(answer), table(answer.nodes));
      timer = setTimeout(load, AGAIN);
    } catch (problem) {
      if (!left) fill(list, failure(problem, load));
    }
  };
  fill(main, title('Nodes'), list);
  load();
  return () => {
    left = true;
    clearTimeout(timer);
  };
}

function lead({ shared, nodes }) {
  const gone = nodes.filter(({ state }) => state === 'gone').length;
  if (gone > 0) {
    return h('p', { class: 'notice bad', role: 'alert' }, `${gone === 1 ? 'One node has' : `${number(gone)} nodes have`} fallen silent without being stopped. What they were doing is taken over by the others; a node that is gone leaves this list after a day.`);
  }
  return h('p', { class: 'lead' }, shared
    ? 'Every node answers every request. A node that is stopped leaves this list at once.'
    : 'This server has a folder of its own and is the only node.');
}

function table(nodes) {
  const head = ['Address', 'State', 'Version', 'Requests', 'Running for', 'Seen'];
  return h('table', { class: 'rows still nodes' },
    h('caption', { class: 'unseen' }, 'Nodes by id'),
    h('thead', null, h('tr', null, head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, nodes.map((node) => h('tr', null,
      h('td', { class: 'object' }, node.address, h('span', { class: 'under' }, node.this ? `${node.id}, which answers you` : node.id)),
      h('td', { class: node.state === 'live' ? null : 'warning' }, node.state === 'live' ? 'Live' : 'Gone'),
      h('td', null, node.version),
      h('td', { class: 'number' }, `${number(node.requests_per_second)}/s`, h('span', { class: 'under' }, `${number(node.in_flight)} under way`)),
      h('td', { title: fullTime(node.started_ms) }, seconds((node.seen_ms - node.started_ms) / 1000)),
      h('td', { class: 'when', title: fullTime(node.seen_ms) }, time(node.seen_ms))))));
}
