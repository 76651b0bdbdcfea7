// The page of the example application servers: what a user permits it, it uploads, and the application's answer comes back to it.

import assert from 'node:assert/strict';
import { PNG, ensureBucket } from '../browser.js';
import { define } from '../case.js';
import { allowUploads, startExampleServer } from '../example-server.js';

const WAYS = ['a form (POST policy, V4)', 'a form (POST policy, V1)', 'a presigned PUT'];
const FILE = { name: 'Kätzchen $1 {a}.png', mimeType: 'image/png', buffer: PNG };

/** Runs a case with the page of an application server that the bucket's CORS rules allow. */
async function withPage({ page, settings, allow }, run) {
  await ensureBucket(settings);
  const server = await startExampleServer(settings);
  try {
    await allowUploads(settings, server.origin);
    allow(server.origin);
    await page.goto(server.origin);
    await run(server);
  } finally {
    await server.stop();
  }
}

/** Uploads with the page and returns what it shows. */
async function upload(page, way, file = FILE) {
  await page.getByLabel('With').selectOption(way);
  await page.getByLabel('File').setInputFiles(file);
  const answered = page.waitForResponse((response) => response.request().method() !== 'GET');
  await page.getByRole('button', { name: 'Upload' }).click();
  const response = await answered;
  await page.getByRole('status').filter({ hasText: String(response.status()) }).waitFor();
  return page.getByRole('status').innerText();
}

for (const way of WAYS) {
  define(`direct upload/with ${way} the page shows the application's answer`, async (visit) => {
    await withPage(visit, async () => {
      const shown = await upload(visit.page, way);
      const [, id] = shown.match(/^200\n\{"Status":"OK","id":"([0-9A-F]{24})"\}$/) ?? [];
      assert.ok(id, shown);
    });
  });
}

define('direct upload/what the permission does not say is refused, and the page shows why', async (visit) => {
  const { page, expectTrouble } = visit;
  await withPage(visit, async () => {
    await page.getByLabel('File').setInputFiles({ name: 'a.html', mimeType: 'text/html', buffer: Buffer.from('<script>') });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('status').filter({ hasText: 'the type must be one of' }).waitFor();
    // Another script in the page, an extension, or the user himself: the browser is not to be trusted.
    const bend = async (pattern, change) => {
      await page.route(pattern, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: change(await response.json()) });
      });
    };
    await bend('**/permission/form**', (form) => ({ ...form, fields: { ...form.fields, key: form.fields.key.replace('alice', 'bob') } }));
    for (const way of WAYS.slice(0, 2)) {
      const shown = await upload(page, way);
      assert.match(shown, /^403\n[^]*Policy Condition failed/, way);
    }
    await bend('**/permission/put**', (put) => ({ ...put, url: put.url.replace('callback=', 'callback=e30') }));
    assert.match(await upload(page, WAYS[2]), /^403\n[^]*SignatureDoesNotMatch/);
    expectTrouble();
  });
});

define('direct upload/a page that the bucket does not allow learns nothing', async (visit) => {
  const { page, settings, expectTrouble } = visit;
  await withPage(visit, async () => {
    await allowUploads(settings, 'https://another.example.com');
    await page.getByLabel('With').selectOption(WAYS[2]);
    await page.getByLabel('File').setInputFiles(FILE);
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('status').filter({ hasText: 'its CORS rules do not allow this page' }).waitFor();
    expectTrouble();
  });
});
