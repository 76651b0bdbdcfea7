// Callbacks: uploads that ask for one, the table as it lives, one delivery in full, replay, filters.

import assert from 'node:assert/strict';
import { PNG, api, ensureBucket, enter, put } from '../browser.js';
import { define, eventually } from '../case.js';

const upload = async (page, { bucket, key, file, url }) => {
  await page.getByLabel('Bucket').selectOption(bucket);
  await page.getByLabel('File').setInputFiles(file);
  if (key) await page.getByLabel('Key').fill(key);
  await page.getByRole('textbox', { name: 'Application server' }).fill(url);
  await page.getByRole('button', { name: 'Upload' }).click();
};

define('callbacks/an upload shows what the application server answered', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  application.answer({ status: 200, body: '{"stored":"yes","id":18446744073709551615}' });
  await enter(page, settings, '#/upload');
  await upload(page, { bucket: settings.bucket, file: { name: 'dot.png', mimeType: 'image/png', buffer: PNG }, url: application.url });
  const item = page.locator('.upload.done');
  await item.getByText('"id":18446744073709551615').waitFor();
  assert.equal(application.seen.length, 1);
  const body = JSON.parse(application.seen[0].body);
  assert.deepEqual(
    [body.bucket, body.object, body.size, body.mimeType, body.height, body.width],
    [settings.bucket, 'dot.png', PNG.length, 'image/png', 1, 1]);
  await page.screenshot({ path: `${settings.artefacts}/upload-done.png`, fullPage: true });
  await item.getByRole('link', { name: 'See the callback' }).click();
  await page.getByRole('heading', { name: 'dot.png' }).waitFor();
  await page.getByText('signature verified with callback_pub_key_v1.pem').waitFor();
});

define('callbacks/own variables and form bodies', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  await enter(page, settings, '#/upload');
  await page.getByText('Message').click();
  await page.getByLabel('Type').selectOption('application/x-www-form-urlencoded');
  await page.getByLabel('Body').fill('key=${object}&order=${x:order}');
  await page.getByLabel('Own variables').fill('order=47 & 11\n');
  await upload(page, { bucket: settings.bucket, key: 'own/ä.txt', file: { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') }, url: application.url });
  await page.locator('.upload.done').waitFor();
  assert.equal(application.seen[0].body, 'key=own%2F%C3%A4.txt&order=47%20%26%2011');
});

define('callbacks/a failed one is told to the uploader, explained, and replayed', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  application.answer({ status: 502, body: '<h1>Bad gateway</h1>', type: 'text/html' });
  await enter(page, settings, '#/upload');
  await upload(page, { bucket: settings.bucket, key: 'failing.txt', file: { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') }, url: application.url });
  const item = page.locator('.upload.warned');
  await item.getByText('Stored, but the callback failed.').waitFor();
  await item.getByText('Error status : 502.').waitFor();
  await item.getByRole('link', { name: 'See the callback' }).click();
  await page.locator('.title .state.failed').waitFor();
  await page.getByText('What we noticed').waitFor();
  await page.getByText('HTTP/1.1 502').waitFor();
  await page.getByText('<h1>Bad gateway</h1>').waitFor();
  await page.screenshot({ path: `${settings.artefacts}/delivery-failed.png`, fullPage: true });

  await page.getByRole('button', { name: 'Replay' }).click();
  await page.getByText('Replayed, and failed again').waitFor();
  await page.getByRole('heading', { name: 'Attempt 2 of 2' }).waitFor();
  application.answer({ status: 200, body: '{"late":true}' });
  await page.getByRole('button', { name: 'Replay' }).click();
  await page.getByText('Replayed: the application server accepted').waitFor();
  await page.locator('.title .state.delivered').waitFor();
  await page.getByRole('heading', { name: 'Attempt 3 of 3' }).waitFor();
  const [first, , third] = application.seen;
  assert.equal(third.body, first.body, 'the same message');
  assert.equal(third.headers['x-oss-request-id'], first.headers['x-oss-request-id'], 'for the same upload');
  assert.deepEqual([first.headers['x-ossicle-attempt'], third.headers['x-ossicle-attempt']], ['1', '3']);
  await page.screenshot({ path: `${settings.artefacts}/delivery-replayed.png`, fullPage: true });
});

define('callbacks/the table lives', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await put(settings, 'lively.txt', 'x', { callback: { url: application.url } });
  const row = page.getByRole('row').filter({ hasText: 'lively.txt' });
  await row.getByText('Delivered').waitFor();
  await eventually('people who listen are told', async () => /lively\.txt: Delivered/.test(await page.locator('#announcer').textContent()));
  application.answer({ status: 404, body: '{}' });
  await put(settings, 'lively.txt', 'x', { callback: { url: application.url } });
  await row.filter({ hasText: 'Failed' }).getByText('Error status : 404.').waitFor();
  const rows = await page.locator('tbody tr').allInnerTexts();
  assert.match(rows[0], /Failed/, 'the newest stands first');
});

define('callbacks/a tab that nobody saw is up to date when somebody looks', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}`);
  await page.getByText('Live', { exact: true }).waitFor();
  const show = (visible) => page.evaluate((on) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !on });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible);
  await show(false);
  await page.getByText('Live', { exact: true }).waitFor({ state: 'detached' });
  await put(settings, 'unseen.txt', 'x', { callback: { url: application.url } });
  assert.equal(await page.getByRole('row').filter({ hasText: 'unseen.txt' }).count(), 0);
  await show(true);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('row').filter({ hasText: 'unseen.txt' }).getByText('Delivered').waitFor();
  await put(settings, 'noticed.txt', 'x', { callback: { url: application.url } });
  await page.getByRole('row').filter({ hasText: 'noticed.txt' }).getByText('Delivered').waitFor();
});

define('callbacks/filters narrow the table and stay in the address', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  await put(settings, 'filter/good.txt', 'x', { callback: { url: `${application.url}?which=good` } });
  application.answer({ status: 500, body: '' });
  await put(settings, 'filter/bad.txt', 'x', { callback: { url: `${application.url}?which=bad` } });
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}&text=filter%2F`);
  await eventually('two rows', async () => (await page.locator('tbody tr').count()) === 2);
  await page.getByLabel('State').selectOption('failed');
  await eventually('one row', async () => (await page.locator('tbody tr').count()) === 1);
  await page.getByRole('link', { name: 'filter/bad.txt' }).click();
  await page.getByRole('heading', { name: 'filter/bad.txt' }).waitFor();
  await page.goBack();
  await eventually('the filter is still there', async () => (await page.locator('tbody tr').count()) === 1);
  assert.equal(await page.getByLabel('State').inputValue(), 'failed');
  await page.getByLabel('State').selectOption('');
  await page.getByLabel('URL or object').fill('which=good');
  await eventually('found by URL', async () => (await page.locator('tbody tr').allInnerTexts()).join().includes('good.txt') && (await page.locator('tbody tr').count()) === 1);
  await page.getByLabel('URL or object').fill('nothing like this');
  await page.getByText('No callback fits the filters').waitFor();
  await page.getByRole('link', { name: 'Show all callbacks' }).click();
  await page.getByRole('row').nth(1).waitFor();
});

define('callbacks/many are shown a page at a time', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  const numbers = Array.from({ length: 60 }, (_, number) => number);
  await Promise.all(numbers.map((number) => put(settings, `paged/${number}`, 'x', { callback: { url: application.url } })));
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}&text=paged%2F`);
  await eventually('the first page', async () => (await page.locator('tbody tr').count()) >= 50);
  assert.ok((await page.locator('tbody tr').count()) < 60);
  await page.getByRole('button', { name: 'Show older' }).click();
  await eventually('all of them', async () => (await page.locator('tbody tr').count()) === 60);
  const chart = page.locator('.trend svg');
  assert.match(await chart.getAttribute('aria-label'), /\d+ delivered, \d+ failed/);
});

define('callbacks/a burst of them does not drown the page', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}&text=burst%2F`);
  await page.getByText('Live', { exact: true }).waitFor();
  // How often the table is drawn, against the time there was: a slow machine draws less often, never more.
  await page.evaluate(() => {
    window.draws = 0;
    window.since = performance.now();
    new MutationObserver(() => { window.draws += 1; }).observe(document.querySelector('.list'), { childList: true });
  });
  for (let round = 0; round < 10; round += 1) {
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    await Promise.all(numbers.map((number) => put(settings, `burst/${round}-${number}`, 'x', { callback: { url: application.url } })));
  }
  await eventually('all of them are there', async () => (await page.locator('tbody tr').count()) === 200);
  const { draws, most } = await page.evaluate(() => ({ draws: window.draws, most: (performance.now() - window.since) / 200 + 3 }));
  assert.ok(draws <= most, `the table was drawn ${draws} times, and not ${most} times at most`);
});

define('callbacks/one that ends while the list is on its way is not lost', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  // The list is asked for, and its answer comes after the news of a callback that ended later.
  let held = 0;
  await page.route('**/api/deliveries?*', async (route) => {
    const answer = await route.fetch();
    held += 1;
    await put(settings, `overtaking/${held}`, 'x', { callback: { url: application.url } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.fulfill({ response: answer });
  });
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}&text=overtaking%2F`);
  await page.getByText('Live', { exact: true }).waitFor();
  await eventually('every one of them is there', async () => held > 0 && (await page.locator('tbody tr').count()) === held);
});

define('callbacks/the keyboard is enough', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  const { id } = await put(settings, 'keyboard.txt', 'x', { callback: { url: application.url } });
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}&text=keyboard.txt`);
  await page.reload();
  const link = page.getByRole('link', { name: 'keyboard.txt', exact: true });
  await link.waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  assert.match(page.url(), /#\/callbacks\?/, 'skipping stays in the view');
  await page.getByLabel('URL or object').focus();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'keyboard.txt');
  assert.notEqual(await link.evaluate((element) => getComputedStyle(element).outlineStyle), 'none', 'the focus is seen');
  await put(settings, 'second-keyboard.txt', 'x', { callback: { url: application.url } });
  await page.getByRole('link', { name: 'second-keyboard.txt' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'keyboard.txt', 'the focus stays where it is when others come');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'keyboard.txt' }).waitFor();
  const replay = page.getByRole('button', { name: 'Replay' });
  await replay.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Replayed: the application server accepted').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Replay', 'the focus stays on the button');
  assert.equal((await api(settings, 'GET', `/api/deliveries/${id}`)).body.log.length, 2);
});

define('callbacks/mistakes in the callback are told before the file is sent', async ({ page, settings }) => {
  await ensureBucket(settings);
  await enter(page, settings, '#/upload');
  const file = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') };
  await upload(page, { bucket: settings.bucket, key: 'never.txt', file, url: '' });
  await page.getByText('Name the application server').waitFor();
  await page.getByText('Message').click();
  await page.getByLabel('Body').fill('{"a":$object}');
  await upload(page, { bucket: settings.bucket, key: 'never.txt', file, url: 'http://app.example.com/' });
  await page.locator('.upload.failed').getByText('Left brace must be adjacent to dollar sign.').waitFor();
  assert.equal((await api(settings, 'GET', `/api/object?bucket=${settings.bucket}&key=never.txt`)).status, 404);
});
