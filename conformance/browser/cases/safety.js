// What must not happen: data that becomes markup, strangers' pages that act, secrets that are shown.

import assert from 'node:assert/strict';
import { ensureBucket, enter, put } from '../browser.js';
import { define } from '../case.js';

define('safety/names and answers stay text', async ({ page, settings, application }) => {
  await ensureBucket(settings);
  const key = 'evil/<img src=x onerror="window.evil=1"><script>window.evil=1</script>.txt';
  application.answer({ status: 500, body: '<script>window.evil=1</script>', type: 'text/html' });
  const { id } = await put(settings, key, 'x', { callback: { url: `${application.url}?<svg/onload=window.evil=1>` } });
  await enter(page, settings, `#/callbacks?bucket=${settings.bucket}&text=evil%2F`);
  await page.getByText(key).first().waitFor();
  await page.goto(`${settings.console}/#/callbacks/${id}`);
  await page.getByRole('heading', { name: key }).waitFor();
  await page.getByText('<script>window.evil=1</script>', { exact: true }).waitFor();
  await page.goto(`${settings.console}/#/buckets/${settings.bucket}?prefix=evil%2F`);
  await page.getByRole('link', { name: '<img src=x onerror="window.evil=1"><' }).waitFor();
  assert.equal(await page.evaluate(() => window.evil), undefined);
});

define('safety/the policy of the page is strict', async ({ page, settings }) => {
  const answer = await page.goto(settings.console);
  const policy = answer.headers()['content-security-policy'];
  for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(policy.includes(rule), rule);
  assert.ok(!/unsafe/.test(policy));
  assert.equal(answer.headers()['x-content-type-options'], 'nosniff');
  assert.equal(answer.headers()['referrer-policy'], 'no-referrer');
});

define("safety/a stranger's page can neither read nor act", async ({ page, context, settings, application, allow, expectTrouble }) => {
  await enter(page, settings);
  const stranger = await context.newPage();
  allow(application.origin);
  await stranger.goto(application.origin);
  const attempts = await stranger.evaluate(async (target) => {
    const attempt = (path, options) => fetch(target + path, { credentials: 'include', ...options })
      .then((answer) => answer.text(), (error) => error.name);
    return [
      await attempt('/api/session'),
      await attempt('/api/info'),
      await attempt('/api/buckets', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"strangers-bucket"}' }),
      await attempt('/api/buckets', { method: 'POST', mode: 'no-cors', body: '{"name":"strangers-bucket"}' }),
    ];
  }, settings.console);
  assert.deepEqual(attempts.slice(0, 3), ['TypeError', 'TypeError', 'TypeError']);
  await page.goto(`${settings.console}/#/buckets`);
  await page.getByRole('row').first().waitFor();
  assert.equal(await page.getByText('strangers-bucket').count(), 0);
  expectTrouble();
});

define('safety/nobody frames the page', async ({ page, settings, application, allow, expectTrouble }) => {
  allow(application.origin);
  await page.goto(application.origin);
  await page.evaluate((source) => {
    const frame = document.createElement('iframe');
    frame.src = source;
    document.body.append(frame);
  }, settings.console);
  await page.waitForTimeout(1000);
  const framed = page.frames().find((frame) => frame !== page.mainFrame());
  assert.equal(await framed.locator('#main').count().catch(() => 0), 0);
  expectTrouble();
});

define('safety/settings show no secret', async ({ page, settings }) => {
  await enter(page, settings, '#/settings');
  await page.getByText('SHA256:').waitFor();
  await page.getByText(settings.endpoint, { exact: true }).first().waitFor();
  await page.getByText(settings.keyId, { exact: true }).last().waitFor();
  const everything = await page.evaluate(async () => document.documentElement.outerHTML + await fetch('/api/info').then((answer) => answer.text()));
  assert.ok(!everything.includes(settings.keySecret));
  assert.ok(!everything.includes('PRIVATE KEY'));
});
