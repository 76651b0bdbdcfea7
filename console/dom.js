// Builds the page out of elements and text nodes. Data never becomes markup.

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element. `props` are attributes, `on…` listeners, or properties of their own name. */
export function h(tag, props, ...children) {
  return dress(document.createElement(tag), props, children);
}

/** Makes an element of an SVG drawing. */
export function svg(tag, props, ...children) {
  return dress(document.createElementNS(SVG, tag), props, children);
}

/** Puts these children in the place of those there are. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Adds children, skipping those that are null, false or undefined. */
export function append(element, ...children) {
  element.append(...nodes(children));
  return element;
}

/** Tells something to people who listen to the page. */
export function announce(text) {
  const announcer = document.getElementById('announcer');
  announcer.textContent = '';
  setTimeout(() => { announcer.textContent = text; }, 50);
}

/** Shows a short message for a while. */
export function toast(text, kind = 'good') {
  const box = h('div', { class: `toast ${kind}` }, text);
  // What was said before is out of date by now.
  document.getElementById('toasts').replaceChildren(box);
  setTimeout(() => box.remove(), kind === 'good' ? 4000 : 9000);
}

/** A button that says it is busy while its work runs, and cannot be pressed twice. */
export function workButton(props, label, work) {
  const button = h('button', { type: 'button', ...props }, label);
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    try {
      await work(button);
    } finally {
      button.removeAttribute('aria-busy');
    }
  });
  return button;
}

/** Asks before something that cannot be undone. Resolves to whether it shall be done. */
export function confirmed({ title, text, action }) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' },
      h('form', { method: 'dialog' },
        h('h2', { id: 'dialog-title' }, title),
        h('p', null, text),
        h('div', { class: 'actions' },
          h('button', { value: 'no', class: 'quiet', autofocus: true }, 'Cancel'),
          h('button', { value: 'yes', class: 'danger' }, action))));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A button that puts a text on the clipboard. */
export function copyButton(text, what) {
  return h('button', {
    type: 'button',
    class: 'small quiet',
    'aria-label': `Copy ${what}`,
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
        toast(`Copied ${what}.`);
      } catch {
        toast('The browser does not let this page copy. Select the text and copy it yourself.', 'bad');
      }
    },
  }, 'Copy');
}

function dress(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'selected') element[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  return append(element, ...children);
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
