// Pieces that several views are made of.

import { h } from './dom.js';
import { STATES } from './format.js';

/** A delivery's state as a coloured word. */
export function stateBadge(state) {
  const { name, meaning } = STATES[state] ?? { name: state, meaning: '' };
  return h('span', { class: `state ${state}`, title: meaning }, name);
}

/** What stands where a list would stand. */
export function empty(title, ...rest) {
  return h('div', { class: 'empty' }, h('h2', null, title), ...rest);
}

/** A failure, and how to go on. */
export function failure(problem, again) {
  return h('div', { class: 'empty bad', role: 'alert' },
    h('h2', null, 'This did not work'),
    h('p', null, problem.message),
    again && h('button', { type: 'button', onclick: again }, 'Try again'));
}

/** The same, in a line. */
export function inlineFailure(problem) {
  return h('p', { class: 'notice bad', role: 'alert' }, problem.message);
}

/** Stands in while something loads. It appears late, so that quick answers do not flicker. */
export function loading() {
  return h('p', { class: 'loading', role: 'status' }, 'Loading…');
}

/** A label above a control. */
export function field(label, control, hint) {
  if (!control.id) control.id = `field-${(field.next = (field.next ?? 0) + 1)}`;
  const described = hint ? `${control.id}-hint` : null;
  if (described) control.setAttribute('aria-describedby', described);
  return h('div', { class: 'field' },
    h('label', { for: control.id }, label),
    control,
    hint && h('p', { class: 'hint', id: described }, hint));
}

/** A choice among named values. */
export function choice(options, chosen, onchange) {
  return h('select', { onchange: (event) => onchange(event.target.value) },
    options.map(([value, name]) => h('option', { value, selected: value === chosen }, name)));
}

/** The title of a view, where the focus goes when the view opens. */
export function title(text, ...beside) {
  return badgedTitle(text, null, ...beside);
}

/** The same with a badge right after it. */
export function badgedTitle(text, badge, ...beside) {
  return h('div', { class: 'title' }, h('h1', { tabindex: '-1' }, text), badge, h('div', { class: 'beside' }, ...beside));
}

/** Names with values; a third part gives a long value more room. */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value, room]) => h('div', { class: room }, h('dt', null, name), h('dd', null, value))));
}
