// Which objects and folders of a list are chosen, the bar that says so, and their deletion.

import { get, post } from './api.js';
import { announce, confirmed, fill, h, toast } from './dom.js';

/** Keys in one request to delete, and about how many characters they may have together. */
const KEYS_AT_ONCE = 1000;
const CHARACTERS_AT_ONCE = 100_000;

/** Keeps what is chosen in a list. `changed` is called when something was deleted. */
export class Selection {
  constructor(bucket, changed) {
    this.bucket = bucket;
    this.changed = changed;
    this.folders = new Set();
    this.keys = new Set();
    this.boxes = [];
    this.bar = h('div', { class: 'selection', role: 'region', 'aria-label': 'Selection', hidden: true });
    this.told = h('div', { class: 'told' });
  }

  /** A new list takes the place of the old one: what is not in it is not chosen any more. */
  begin({ folders, objects }) {
    const keys = new Set(objects.map(({ key }) => key));
    const paths = new Set(folders);
    for (const key of this.keys) if (!keys.has(key)) this.keys.delete(key);
    for (const path of this.folders) if (!paths.has(path)) this.folders.delete(path);
    this.boxes = [];
    this.all = h('input', { type: 'checkbox', 'aria-label': 'Select all that are shown', onchange: () => this.chooseAll(this.all.checked) });
    this.show();
    return this.all;
  }

  /** The box of an object or a folder. */
  box(set, name, label) {
    const input = h('input', { type: 'checkbox', 'aria-label': `Select ${label}`, checked: set.has(name) });
    input.addEventListener('change', () => {
      if (input.checked) set.add(name);
      else set.delete(name);
      this.show();
    });
    this.boxes.push({ input, set, name });
    this.show();
    return input;
  }

  chooseAll(on) {
    for (const { input, set, name } of this.boxes) {
      input.checked = on;
      if (on) set.add(name);
      else set.delete(name);
    }
    this.show();
  }

  show() {
    const count = this.keys.size + this.folders.size;
    this.all.checked = count > 0 && count === this.boxes.length;
    this.all.indeterminate = count > 0 && count < this.boxes.length;
    const was = this.bar.hidden ? 0 : this.count;
    this.count = count;
    this.bar.hidden = count === 0;
    if (count === 0 || count === was) return;
    const words = [
      this.keys.size > 0 && plural(this.keys.size, 'object'),
      this.folders.size > 0 && plural(this.folders.size, 'folder'),
    ].filter(Boolean).join(' and ');
    const said = h('span', { role: 'status' }, `${words} selected`);
    const focused = this.bar.contains(document.activeElement);
    const erase = h('button', { type: 'button', class: 'small danger', onclick: () => this.erase(erase) }, 'Delete…');
    fill(this.bar, said, erase,
      count < this.boxes.length && h('button', { type: 'button', class: 'small quiet', onclick: () => this.chooseAll(true) }, 'Select all shown'),
      h('button', { type: 'button', class: 'small quiet', onclick: () => this.chooseAll(false) }, 'Clear'));
    if (focused) erase.focus();
  }

  /** Asks once, with the number of objects, and deletes. */
  async erase(button) {
    button.disabled = true;
    fill(this.told);
    try {
      const keys = await this.gather();
      const among = this.folders.size > 0 ? `, with all that is in ${plural(this.folders.size, 'folder')}` : '';
      const sure = await confirmed({
        title: `Delete ${plural(keys.length, 'object')}?`,
        text: `${plural(keys.length, 'object')} of the bucket ${this.bucket}${among}. This cannot be undone.`,
        action: `Delete ${plural(keys.length, 'object')}`,
      });
      if (sure) await this.deleteAll(keys);
    } catch (problem) {
      toast(problem.message, 'bad');
    } finally {
      button.disabled = false;
    }
  }

  /** The chosen keys, and those below the chosen folders. */
  async gather() {
    const keys = new Set(this.keys);
    for (const prefix of this.folders) {
      let after;
      do {
        const page = await get('/api/objects', { bucket: this.bucket, prefix, after, limit: 1000 });
        for (const { key } of page.objects) keys.add(key);
        after = page.next;
      } while (after);
    }
    return [...keys];
  }

  async deleteAll(keys) {
    const refused = [];
    let deleted = 0;
    for (const some of pieces(keys)) {
      try {
        const answer = await post('/api/objects/delete', { bucket: this.bucket, keys: some });
        deleted += answer.deleted;
        refused.push(...answer.errors);
      } catch (problem) {
        refused.push(...some.map((key) => ({ key, message: problem.message })));
      }
    }
    this.keys.clear();
    this.folders.clear();
    if (deleted > 0) toast(`Deleted ${plural(deleted, 'object')}.`);
    if (refused.length > 0) {
      announce(`${plural(refused.length, 'object')} could not be deleted.`);
      fill(this.told, h('div', { class: 'notice bad', role: 'alert' },
        h('p', null, `${plural(refused.length, 'object')} could not be deleted:`),
        h('ul', null, refused.slice(0, 20).map(({ key, message }) => h('li', null, h('span', { class: 'code' }, key), ` ${message}`)),
          refused.length > 20 && h('li', null, `and ${refused.length - 20} more`))));
    }
    this.changed();
  }
}

/** Keys in pieces that one request can carry. */
function* pieces(keys) {
  let piece = [];
  let characters = 0;
  for (const key of keys) {
    if (piece.length === KEYS_AT_ONCE || characters + key.length > CHARACTERS_AT_ONCE) {
      yield piece;
      piece = [];
      characters = 0;
    }
    piece.push(key);
    characters += key.length;
  }
  if (piece.length > 0) yield piece;
}

function plural(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
