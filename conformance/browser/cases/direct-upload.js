// The page of the example application servers: what a user permits it, it uploads, and the application's answer comes back to it.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { PNG, ensureBucket } from '../browser.js';
import { define } from '../case.js';
import { allowUploads, startExampleServer } from '../example-server.js';
import { uploader } from '../identities.js';

const WAYS = ['a form (POST policy, V4)', 'a form (POST policy, V1)', 'a presigned PUT'];
const FILE = { name: 'Kätzchen $1 {a}.png', mimeType: 'image/png', buffer: PNG };

/** Runs a case with the page of an application server that the bucket's CORS rules allow; `more` are settings of it. */
async function withPage({ page, settings, allow }, run, more = {}) {
  await ensureBucket(settings);
  const server = await startExampleServer(settings, more);
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

/** As `withPage`, with an application server that gives temporary credentials. */
async function withPageAndSts(visit, run) {
  await withPage(visit, run, { CALLBACK_SECRET: 'a secret of the application', ...await uploader(visit.settings) });
}

define('direct upload/with temporary credentials the page shows the application\'s answer', async (visit) => {
  await withPageAndSts(visit, async () => {
    const shown = await upload(visit.page, 'temporary credentials (STS)');
    assert.match(shown, /^200\n\{"Status":"OK","id":"[0-9A-F]{24}"\}$/);
  });
});

const SDK = fileURLToPath(new URL('../../node/node_modules/ali-oss/dist/aliyun-oss-sdk.min.js', import.meta.url));

/** Uploads in the page with the official SDK: whole, in parts, and where its credentials do not reach. */
async function uploadWithSdk(authorizationV4) {
  const session = await (await fetch('/permission/sts?user=alice')).json();
  const client = new OSS({
    region: `oss-${session.region}`,
    endpoint: session.endpoint,
    bucket: session.bucket,
    accessKeyId: session.AccessKeyId,
    accessKeySecret: session.AccessKeySecret,
    stsToken: session.SecurityToken,
    sldEnable: true, // the bucket is in the path
    authorizationV4,
  });
  const { callbackUrl, callbackBody, callbackBodyType } = session.callback;
  const callback = { url: callbackUrl, body: callbackBody, contentType: callbackBodyType, customValue: { name: 'Kätzchen' } };
  const refusal = (attempt) => attempt.then(() => 'done', (error) => `${error.status} ${error.code}`);
  const whole = await client.put(`${session.prefix}whole.png`, new Blob(['whole']), { callback });
  const picture = new File([new Uint8Array(300 * 1024)], 'parts.bin');
  const parts = await client.multipartUpload(`${session.prefix}parts.bin`, picture, { partSize: 100 * 1024, callback });
  return {
    whole: whole.data,
    parts: parts.data,
    elsewhere: await refusal(client.put('users/bob/whole.png', new Blob(['whole']))),
  };
}

for (const version of ['V1', 'V4']) {
  define(`direct upload/ali-oss in the page uploads with temporary credentials, ${version}`, async (visit) => {
    const { page, expectTrouble } = visit;
    await withPageAndSts(visit, async () => {
      await page.addScriptTag({ path: SDK });
      const found = await page.evaluate(uploadWithSdk, version === 'V4');
      for (const answer of [found.whole, found.parts]) assert.equal(answer.Status, 'OK', JSON.stringify(found));
      assert.equal(found.elsewhere, '403 AccessDenied');
      expectTrouble();
    });
  });
}
