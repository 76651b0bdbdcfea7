// Logging in and out.

import assert from 'node:assert/strict';
import { api, enter } from '../browser.js';
import { define } from '../case.js';

const isDev = async (settings) => (await fetch(`${settings.console}/api/session`).then((answer) => answer.json())).dev;

define('log-in/a wrong secret is refused, the right one lets in', async ({ page, settings }) => {
  if (await isDev(settings)) return;
  await page.goto(settings.console);
  await page.getByLabel('Access key id').fill(settings.keyId);
  await page.getByLabel('Access key secret').fill('not the secret');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('do not belong together').waitFor();
  await page.screenshot({ path: `${settings.artefacts}/log-in.png` });
  await page.getByLabel('Access key secret').fill(settings.keySecret);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  const cookies = await page.context().cookies();
  assert.deepEqual(cookies.map(({ httpOnly, sameSite, path }) => [httpOnly, sameSite, path]), [[true, 'Strict', '/']]);
  assert.equal(await page.evaluate(() => document.cookie), '', 'the session cookie is out of reach for scripts');
});

define('log-in/without a mouse', async ({ page, settings }) => {
  if (await isDev(settings)) return;
  await page.goto(settings.console);
  await page.getByLabel('Access key id').waitFor();
  // The field has the focus from the start.
  await page.keyboard.type(settings.keyId);
  await page.keyboard.press('Tab');
  await page.keyboard.type(settings.keySecret);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the focus moves to the new view');
});

define('log-in/a reload keeps the session, logging out ends it', async ({ page, settings }) => {
  await enter(page, settings, '#/buckets');
  await page.reload();
  await page.getByRole('heading', { name: 'Buckets', exact: true }).waitFor();
  const before = await page.evaluate(() => fetch('/api/info').then((answer) => answer.status));
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
  const after = await page.evaluate(() => fetch('/api/info').then((answer) => answer.status));
  assert.deepEqual([before, after], [200, 401]);
});

define('log-in/a session that the server has ended leads back to the log-in', async ({ page, context, settings }) => {
  await enter(page, settings);
  await context.clearCookies();
  // The view that is open may ask the server first and lead to the log-in by itself: then there is no link to click.
  await page.evaluate(() => { location.hash = '#/settings'; });
  await page.getByText('Your session has ended').waitFor();
  await page.getByLabel('Access key id').waitFor();
});

define('log-in/the access key itself works for programs', async ({ settings }) => {
  assert.equal((await api(settings, 'GET', '/api/info')).status, 200);
  const wrong = await api({ ...settings, keySecret: 'x' }, 'GET', '/api/info');
  assert.deepEqual([wrong.status, wrong.body.error], [401, 'WrongAccessKey']);
});
