// An upload by hand: bucket, key, file and callback. For trying an application server out.

import { get, post } from './api.js';
import { fill, h } from './dom.js';
import { callbackFields } from './callback-fields.js';
import { empty, failure, field, inlineFailure, loading, title } from './parts.js';
import { upload } from './upload.js';

/** Shows the view. */
export function uploadView(main, { query }) {
  let left = false;
  const load = async () => {
    fill(main, title('Upload'), loading());
    try {
      const { buckets } = await get('/api/buckets', { limit: 1000 });
      if (!left) fill(main, title('Upload'), buckets.length === 0 ? noBucket(load) : form(buckets, query));
    } catch (problem) {
      if (!left) fill(main, title('Upload'), failure(problem, load));
    }
  };
  load();
  return () => { left = true; };
}

function form(buckets, query) {
  const told = h('div');
  const uploads = h('ul', { class: 'uploads', 'aria-label': 'Uploads' });
  const wantedBucket = query.get('bucket');
  const bucket = h('select', { required: true }, buckets.map(({ name }) => h('option', { value: name, selected: name === wantedBucket }, name)));
  const key = h('input', { type: 'text', required: true, maxlength: '1023', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', placeholder: 'folder/photo.jpg' });
  let typed = false;
  key.addEventListener('input', () => { typed = key.value !== ''; });
  const file = h('input', { type: 'file', required: true, onchange: () => { if (!typed && file.files[0]) key.value = file.files[0].name; } });
  const callback = callbackFields({ wanted: true });
  return [
    h('p', { class: 'lead' }, 'Sends a file as an application’s page would: a signed form, straight to the API, with a callback to an application server.'),
    h('form', {
      class: 'panel narrow',
      onsubmit: (event) => {
        event.preventDefault();
        const asked = callback.value();
        if (asked && !asked.url) {
          fill(told, inlineFailure({ message: 'Name the application server, or do without a callback.' }));
          return;
        }
        fill(told);
        upload({ file: file.files[0], bucket: bucket.value, key: key.value, callback: asked, list: uploads });
      },
    },
    h('div', { class: 'pair' }, field('Bucket', bucket), field('File', file)),
    field('Key', key, 'The name of the object in the bucket.'),
    callback.element,
    h('div', { class: 'actions' }, h('button', { class: 'primary' }, 'Upload')),
    told),
    uploads,
  ];
}

function noBucket(again) {
  return empty('An upload needs a bucket',
    h('p', null, 'There is none yet.'),
    h('p', null, h('button', {
      type: 'button',
      class: 'primary',
      onclick: async ({ target }) => {
        target.disabled = true;
        await post('/api/buckets', { name: 'demo' }).catch(() => {});
        again();
      },
    }, 'Create the bucket “demo”')));
}
