// Large files, which go in parts: progress, the callback at the end, parts that fail, cancelling. And whole folders.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { api, ensureBucket, enter } from '../browser.js';
import { define, eventually } from '../case.js';

const MIB = 1024 * 1024;

/** Drops a file whose bytes are their own offsets in MiB. */
async function dropLarge(page, name, size, type = 'application/octet-stream') {
  await page.locator('.drop').waitFor();
  await page.evaluate(([file, length, media]) => {
    const content = new Uint8Array(length);
    for (let at = 0; at < length; at += 1048576) content.fill(at / 1048576, at, at + 1048576);
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], file, { type: media }));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [name, size, type]);
}

const object = async (settings, key) => api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=${encodeURIComponent(key)}`);

/** Multipart uploads of the bucket that are not ended. */
async function openUploads(settings) {
  const { body } = await api(settings, 'GET', `/api/buckets?prefix=${settings.bucket}`);
  return body.buckets[0].uploads;
}

/** Whether the URL is that of a part. */
const isPart = (url) => url.searchParams.has('partNumber');

define('large-files/parts, in order, with a callback at the end', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  application.answer({ status: 200, body: '{"kept":true}' });
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  await page.getByLabel('Call an application server back').check();
  await page.getByRole('textbox', { name: 'Application server' }).fill(application.url);
  await page.getByText('Message', { exact: true }).click();
  await page.getByLabel('Own variables').fill('order=47 ä');
  await page.getByLabel('Body').fill('{"object":${object},"size":${size},"mimeType":${mimeType},"order":${x:order}}');
  await dropLarge(page, 'film & ä.mp4', 40 * MIB, 'video/mp4');
  const item = page.locator('.upload.done');
  await item.waitFor();
  await item.getByText('{"kept":true}').waitFor();
  const { body } = await object(settings, 'film & ä.mp4');
  assert.deepEqual([body.size, body.content_type, body.parts, body.kind], [40 * MIB, 'video/mp4', 5, 'Multipart']);
  assert.deepEqual(application.seen.map((seen) => JSON.parse(seen.body)), [
    { object: 'film & ä.mp4', size: 40 * MIB, mimeType: 'video/mp4', order: '47 ä' },
  ]);
  const link = await api(settings, 'GET', `/api/download-url?bucket=${settings.bucket}&key=${encodeURIComponent('film & ä.mp4')}`);
  const content = new Uint8Array(await (await fetch(link.body.url)).arrayBuffer());
  for (let at = 0; at < 40; at += 1) assert.deepEqual([content[at * MIB], content[at * MIB + MIB - 1]], [at, at], `MiB ${at}`);
  assert.equal(await openUploads(settings), 0);
  await item.getByRole('link', { name: 'See the callback' }).click();
  await page.getByText('signature verified with callback_pub_key_v1.pem').waitFor();
});

define('large-files/a callback that fails is told, and the object is there', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  application.answer({ status: 500, body: '{}' });
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  await page.getByLabel('Call an application server back').check();
  await page.getByRole('textbox', { name: 'Application server' }).fill(application.url);
  await dropLarge(page, 'unheard.bin', 17 * MIB);
  await page.locator('.upload.warned').getByText('Stored, but the callback failed.').waitFor();
  assert.equal((await object(settings, 'unheard.bin')).body.size, 17 * MIB);
});

define('large-files/a part that failed is sent again', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  const failures = new Map([['2', 1], ['3', 2]]);
  await page.route(isPart, async (route) => {
    const number = new URL(route.request().url()).searchParams.get('partNumber');
    const left = failures.get(number) ?? 0;
    if (route.request().method() !== 'PUT' || left === 0) {
      await route.continue();
      return;
    }
    failures.set(number, left - 1);
    await route.abort('connectionreset');
  });
  await dropLarge(page, 'stubborn.bin', 40 * MIB);
  await page.locator('.upload.done').waitFor();
  assert.deepEqual([...failures.values()], [0, 0]);
  assert.equal((await object(settings, 'stubborn.bin')).body.size, 40 * MIB);
});

define('large-files/what the server refuses ends the upload and leaves nothing', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  await page.route(isPart, async (route) => {
    // A part of an upload that does not exist.
    const url = new URL(route.request().url());
    if (url.searchParams.get('partNumber') === '2') url.searchParams.set('uploadId', 'none');
    await route.continue({ url: url.href });
  });
  await dropLarge(page, 'refused.bin', 24 * MIB);
  await page.locator('.upload.failed').waitFor();
  await eventually('no upload is left open', async () => (await openUploads(settings)) === 0);
  assert.equal((await object(settings, 'refused.bin')).status, 404);
});

define('large-files/cancelling in the middle leaves nothing', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  // The third part and those after it hang, so that the middle lasts until somebody cancels.
  await page.route(isPart, async (route) => {
    if (Number(new URL(route.request().url()).searchParams.get('partNumber')) < 3) await route.continue();
  });
  await dropLarge(page, 'cancelled.bin', 40 * MIB);
  await eventually('two of five parts are shown as sent', async () => (await page.locator('.upload progress').evaluate((bar) => bar.value)) >= 0.39);
  assert.equal(await openUploads(settings), 1);
  await page.screenshot({ path: `${settings.artefacts}/upload-in-parts.png`, fullPage: true });
  await page.getByRole('button', { name: 'Cancel the upload of cancelled.bin' }).click();
  await page.getByText('Cancelled. Nothing was stored.').waitFor();
  await eventually('no upload is left open', async () => (await openUploads(settings)) === 0);
  assert.equal((await object(settings, 'cancelled.bin')).status, 404);
});

define('large-files/a folder that is dropped keeps its paths', async ({ page, context, settings }) => {
  await ensureBucket(settings);
  const folder = await mkdtemp(join(tmpdir(), 'ossicle-drop-'));
  try {
    const names = ['album/one.txt', 'album/deep/er/two.txt', ...Array.from({ length: 120 }, (_, number) => `album/many/${number}.txt`)];
    await mkdir(join(folder, 'album/deep/er'), { recursive: true });
    await mkdir(join(folder, 'album/many'));
    for (const name of names) await writeFile(join(folder, name), name);
    await enter(page, settings, `#/buckets/${settings.bucket}?prefix=folders%2F`);
    const { x, y, width, height } = await page.locator('.drop').boundingBox();
    const browser = await context.newCDPSession(page);
    const data = { items: [], files: [join(folder, 'album')], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await browser.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + height / 2, data });
    }
    await eventually('all of them are stored', async () => (await page.locator('.upload.done').count()) === names.length);
    for (const name of names.slice(0, 3)) assert.equal((await object(settings, `folders/${name}`)).body.size, name.length);
    await page.getByRole('link', { name: 'album/' }).waitFor();
  } finally {
    await rm(folder, { recursive: true });
  }
});
