// The log-in, with the access key that SDKs use.

import { logIn } from './api.js';
import { fill, h } from './dom.js';
import { field, inlineFailure } from './parts.js';

/** Shows the view; `entered` gets the session. */
export function logInView(main, entered, notice) {
  const told = h('div');
  const id = h('input', { type: 'text', required: true, autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' });
  const secret = h('input', { type: 'password', required: true, autocomplete: 'current-password' });
  const button = h('button', { class: 'primary' }, 'Log in');
  fill(main, h('form', {
    class: 'panel log-in',
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      fill(told);
      try {
        entered(await logIn(id.value.trim(), secret.value));
      } catch (problem) {
        fill(told, inlineFailure(problem));
        secret.select();
      } finally {
        button.disabled = false;
      }
    },
  },
  h('img', { src: '/assets/icon.svg', alt: '', width: '44', height: '44' }),
  h('h1', { tabindex: '-1' }, 'Ossicle console'),
  notice && h('p', { class: 'notice' }, notice),
  field('Access key id', id),
  field('Access key secret', secret),
  told,
  button,
  h('p', { class: 'hint' }, 'The key that SDKs sign with. The server has it from OSSICLE_ROOT_ACCESS_KEY_ID and OSSICLE_ROOT_ACCESS_KEY_SECRET.')));
  id.focus();
}
