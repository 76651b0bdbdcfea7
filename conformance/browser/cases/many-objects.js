// Choosing many objects and folders in a list, and deleting them after one question.

import assert from 'node:assert/strict';
import { api, ensureBucket, enter, put } from '../browser.js';
import { define, eventually } from '../case.js';

const keysBelow = async (settings, prefix) => {
  const { body } = await api(settings, 'GET', `/api/objects?bucket=${settings.bucket}&limit=1000&prefix=${encodeURIComponent(prefix)}`);
  return body.objects.map(({ key }) => key);
};

const putAll = async (settings, keys) => {
  for (let at = 0; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map((key) => put(settings, key, 'x')));
};

define('many-objects/some are chosen and deleted, others stay', async ({ page, settings }) => {
  await ensureBucket(settings);
  await putAll(settings, ['some/a.txt', 'some/b & ü.txt', 'some/c.txt', 'some/deep/d.txt', 'some/deep/er/e.txt']);
  await enter(page, settings, `#/buckets/${settings.bucket}?prefix=some%2F`);
  await page.getByLabel('Select some/a.txt').check();
  await page.getByLabel('Select some/b & ü.txt').check();
  const bar = page.getByRole('region', { name: 'Selection' });
  await bar.getByText('2 objects selected').waitFor();
  await page.screenshot({ path: `${settings.artefacts}/objects-selected.png`, fullPage: true });
  await bar.getByRole('button', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'Delete 2 objects?' }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await keysBelow(settings, 'some/')).length, 5, 'a question that is declined deletes nothing');
  await bar.getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByRole('button', { name: 'Delete 2 objects' }).click();
  await page.getByText('Deleted 2 objects.').waitFor();
  await page.getByLabel('Select some/a.txt').waitFor({ state: 'detached' });
  await bar.waitFor({ state: 'hidden' });
  assert.deepEqual(await keysBelow(settings, 'some/'), ['some/c.txt', 'some/deep/d.txt', 'some/deep/er/e.txt']);
  // A folder with all that is in it.
  await page.getByLabel('Select the folder some/deep/').check();
  await bar.getByText('1 folder selected').waitFor();
  await bar.getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByText('2 objects of the bucket').waitFor();
  await dialog.getByRole('button', { name: 'Delete 2 objects' }).click();
  await eventually('the folder is gone', async () => (await keysBelow(settings, 'some/')).join() === 'some/c.txt');
});

define('many-objects/the keyboard chooses all that are shown', async ({ page, settings }) => {
  await ensureBucket(settings);
  await putAll(settings, ['keys/1', 'keys/2', 'keys/3', 'keys/sub/4']);
  await enter(page, settings, `#/buckets/${settings.bucket}?prefix=keys%2F`);
  const all = page.getByLabel('Select all that are shown');
  await all.focus();
  await page.keyboard.press('Space');
  const bar = page.getByRole('region', { name: 'Selection' });
  await bar.getByText('3 objects and 1 folder selected').waitFor();
  await page.getByLabel('Select keys/2').focus();
  await page.keyboard.press('Space');
  await bar.getByText('2 objects and 1 folder selected').waitFor();
  assert.ok(await all.evaluate((box) => box.indeterminate && !box.checked));
  await bar.getByRole('button', { name: 'Select all shown' }).click();
  await bar.getByText('3 objects and 1 folder selected').waitFor();
  await bar.getByRole('button', { name: 'Clear' }).focus();
  await page.keyboard.press('Enter');
  await bar.waitFor({ state: 'hidden' });
  assert.equal(await page.locator('tbody input:checked').count(), 0);
  // A click beside a box does not open the object.
  await page.getByLabel('Select keys/1').click();
  assert.match(page.url(), /prefix=keys/);
});

define('many-objects/more than one request can name', async ({ page, settings }) => {
  await ensureBucket(settings);
  await putAll(settings, Array.from({ length: 1100 }, (_, number) => `lots/${String(number).padStart(4, '0')}`));
  await enter(page, settings, `#/buckets/${settings.bucket}?prefix=lots`);
  await page.getByLabel('Select the folder lots/').check();
  const sizes = [];
  page.on('request', (request) => { if (request.url().endsWith('/api/objects/delete')) sizes.push(request.postDataJSON().keys.length); });
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete 1,100 objects' }).click();
  await page.getByText('Deleted 1,100 objects.').waitFor();
  assert.deepEqual(sizes, [1000, 100]);
  assert.deepEqual(await keysBelow(settings, 'lots/'), []);
});

define('many-objects/what could not be deleted is told key by key', async ({ page, settings }) => {
  await ensureBucket(settings);
  await putAll(settings, ['kept/1', 'kept/2']);
  await enter(page, settings, `#/buckets/${settings.bucket}?prefix=kept%2F`);
  await page.route('**/api/objects/delete', (route) => route.fulfill({
    json: { deleted: 1, errors: [{ key: 'kept/2', error: 'InvalidObjectName', message: 'The name is not valid.' }] },
  }));
  await page.getByLabel('Select all that are shown').check();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete 2 objects' }).click();
  const told = page.getByRole('alert');
  await told.getByText('1 object could not be deleted:').waitFor();
  await told.getByText('kept/2 The name is not valid.').waitFor();
});
