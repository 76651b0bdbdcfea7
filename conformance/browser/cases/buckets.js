// Buckets and objects: creating, uploading by drag and drop, browsing, looking, downloading, deleting.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { PNG, api, ensureBucket, enter, put } from '../browser.js';
import { define, eventually } from '../case.js';

define('buckets/creating one, with the mistakes told', async ({ page, settings }) => {
  await enter(page, settings, '#/buckets');
  const name = page.getByRole('form').or(page.locator('form.panel')).getByLabel('Name');
  await name.fill('Not_a_name');
  await page.getByRole('button', { name: 'Create' }).click();
  assert.ok(await name.evaluate((input) => !input.validity.valid), 'the browser says no to a bad name');
  await name.fill(settings.bucket);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name: settings.bucket }).waitFor();
  await page.getByText('This bucket is empty').waitFor();
  await page.goBack();
  await page.getByRole('row').filter({ hasText: settings.bucket }).waitFor();
  await page.locator('form.panel').getByLabel('Name').fill(settings.bucket);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('alert').getByText('already').waitFor();
});

define('objects/files that are dropped are uploaded where one is', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/buckets/${settings.bucket}?prefix=dropped%2F`);
  await page.getByText('Nothing begins with this').waitFor();
  await drop(page, '.drop', [['one.txt', 'text/plain', 'first'], ['two.txt', 'text/plain', 'second']]);
  await page.locator('.upload.done').nth(1).waitFor();
  await page.getByRole('link', { name: 'one.txt' }).waitFor();
  await page.getByRole('link', { name: 'two.txt' }).waitFor();
  const { body } = await api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=dropped/two.txt`);
  assert.deepEqual([body.size, body.content_type], [6, 'text/plain']);
  await page.screenshot({ path: `${settings.artefacts}/objects-dropped.png`, fullPage: true });
});

define('objects/an upload shows its progress and can be cancelled', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  await page.locator('.drop').waitFor();
  const size = 96 * 1024 * 1024;
  await page.evaluate((length) => {
    window.steps = [];
    const note = () => {
      const bar = document.querySelector('.upload progress');
      if (bar) window.steps.push(bar.value);
      requestAnimationFrame(note);
    };
    note();
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(length)], 'large.bin', { type: 'application/octet-stream' }));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, size);
  await page.locator('.upload.done').waitFor();
  const steps = await page.evaluate(() => [...new Set(window.steps)]);
  assert.ok(steps.length > 3, `the bar moved: ${steps.slice(0, 8)}`);
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b), 'and only forward');
  const { body } = await api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=large.bin`);
  assert.equal(body.size, size);

  await page.route(`${settings.endpoint}/**`, () => {});
  await drop(page, '.drop', [['cancelled.bin', 'application/octet-stream', 'x']]);
  await page.getByRole('button', { name: 'Cancel the upload of cancelled.bin' }).click();
  await page.getByText('Cancelled. Nothing was stored.').waitFor();
  assert.equal((await api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=cancelled.bin`)).status, 404);
});

define('objects/folders, prefixes and long lists', async ({ page, settings }) => {
  await ensureBucket(settings);
  for (const key of ['tree/a.txt', 'tree/b/c.txt', 'tree/b/d.txt', 'tree/ä ö/ü.txt']) await put(settings, key, key);
  await Promise.all(Array.from({ length: 130 }, (_, number) => put(settings, `many/${String(number).padStart(3, '0')}`, 'x')));
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  await page.getByRole('link', { name: 'tree/' }).click();
  await page.getByRole('link', { name: 'b/', exact: true }).click();
  await page.getByRole('link', { name: 'c.txt' }).waitFor();
  await page.getByRole('navigation', { name: 'Folder' }).getByRole('link', { name: 'tree' }).click();
  await page.getByRole('link', { name: 'ä ö/' }).click();
  await page.getByRole('link', { name: 'ü.txt' }).waitFor();
  await page.goBack();
  await page.getByLabel('Prefix').fill('tree/a');
  await eventually('only one is left', async () => (await page.locator('tbody tr').count()) === 1);
  await page.getByLabel('Prefix').fill('many/');
  await eventually('a page of 100', async () => (await page.locator('tbody tr').count()) === 100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await eventually('all of them', async () => (await page.locator('tbody tr').count()) === 130);
});

define('objects/looking at one, with a picture of it', async ({ page, settings }) => {
  await ensureBucket(settings);
  await put(settings, 'pictures/dot.png', PNG, { type: 'image/png' });
  await enter(page, settings, `#/buckets/${settings.bucket}?prefix=pictures%2F`);
  await page.getByRole('link', { name: 'dot.png' }).click();
  await page.getByRole('heading', { name: 'dot.png' }).waitFor();
  await page.getByText('1 × 1 pixels').waitFor();
  await page.getByText('image/png').waitFor();
  await page.getByRole('button', { name: 'Copy link' }).click();
  const link = await page.getByLabel('Link', { exact: true }).inputValue();
  const answer = await fetch(link);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), PNG);
  await page.keyboard.press('Escape');
});

define('objects/downloading', async ({ page, settings }) => {
  await ensureBucket(settings);
  await put(settings, 'reports/größe & co.txt', 'the content');
  await enter(page, settings, `#/object?bucket=${settings.bucket}&key=${encodeURIComponent('reports/größe & co.txt')}`);
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const download = await waiting;
  assert.equal(download.suggestedFilename(), 'größe & co.txt');
  assert.equal(await readFile(await download.path(), 'utf8'), 'the content');
});

define('objects/deleting, after a question', async ({ page, settings }) => {
  await ensureBucket(settings);
  await put(settings, 'away.txt', 'x');
  await enter(page, settings, `#/object?bucket=${settings.bucket}&key=away.txt`);
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('cannot be undone').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel', 'a hasty Enter deletes nothing');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal((await api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=away.txt`)).status, 200);
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Deleted away.txt.').waitFor();
  await page.getByRole('heading', { name: settings.bucket }).waitFor();
  assert.equal((await api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=away.txt`)).status, 404);
});

define('objects/what is not there is told, with a way back', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/object?bucket=${settings.bucket}&key=nothing.txt`);
  await page.getByRole('alert').getByText('There is no object').waitFor();
  await page.getByRole('link', { name: `← ${settings.bucket}` }).click();
  await page.getByRole('heading', { name: settings.bucket }).waitFor();
});

/** Drops files as a person does. */
export async function drop(page, selector, files) {
  await page.locator(selector).waitFor();
  const transfer = await page.evaluateHandle((list) => {
    const made = new DataTransfer();
    for (const [name, type, text] of list) made.items.add(new File([text], name, { type }));
    return made;
  }, files);
  for (const event of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent(selector, event, { dataTransfer: transfer });
}
