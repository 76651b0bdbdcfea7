// How it looks: every view in light, dark and on a phone, kept as pictures; nothing overflows, and words can be read.

import assert from 'node:assert/strict';
import { crc32, deflateSync } from 'node:zlib';
import { api, ensureBucket, enter, put } from '../browser.js';
import { define } from '../case.js';

async function furnish(settings, application) {
  await ensureBucket(settings);
  const callback = { url: `${application.url}/uploads?tenant=acme-industries-berlin` };
  await put(settings, 'photos/2026/harbour-at-dawn.png', picture(640, 400), { type: 'image/png', callback });
  await put(settings, 'invoices/2026-11/invoice-004711-final-version-with-a-rather-long-name.pdf', 'x'.repeat(20000), { type: 'application/pdf', callback });
  application.answer({ status: 200, body: 'OK' });
  await put(settings, 'logs/worker.txt', 'x', { callback });
  application.answer({ status: 503, body: '{"error":"maintenance"}' });
  const failed = await put(settings, 'photos/2026/lighthouse.png', picture(480, 300), { type: 'image/png', callback: { ...callback, body: '{"name":"${object}","size":${size}}' } });
  await put(settings, 'photos/2026/pier.png', picture(320, 200), { type: 'image/png', callback: { url: 'http://127.0.0.1:9/closed' } });
  const account = await furnishAccess(settings);
  return { failed: failed.id, account };
}

/** A user with a key and a policy. */
async function furnishAccess(settings) {
  const statement = { Effect: 'Allow', Action: ['oss:PutObject'], Resource: [`acs:oss:*:*:${settings.bucket}/photos/*`], Condition: { IpAddress: { 'acs:SourceIp': ['127.0.0.1'] } } };
  await api(settings, 'POST', '/api/access/users', { name: 'looks-alice', comment: 'uploads from the app' });
  await api(settings, 'POST', '/api/access/keys?user=looks-alice', {});
  await api(settings, 'PUT', '/api/access/users/looks-alice/policies/uploads', { document: { Version: '1', Statement: [statement] } });
  return (await api(settings, 'GET', '/api/access/users/looks-alice')).body.account;
}

for (const [look, options] of [
  ['light', {}],
  ['dark', { dark: true }],
  ['phone', { width: 360, height: 740, phone: true }],
  ['phone dark', { width: 360, height: 740, phone: true, dark: true }],
]) {
  define(`looks/${look}`, async ({ settings, application, browser }) => {
    const { failed, account } = await furnish(settings, application);
    const visit = await browser.visit(options);
    const { page } = visit;
    const views = [
      ['callbacks', `#/callbacks?bucket=${settings.bucket}`, '.rows'],
      ['nothing', `#/callbacks?bucket=${settings.bucket}&text=zzz`, '.empty'],
      ['delivery', `#/callbacks/${failed}`, '.attempt'],
      ['buckets', '#/buckets', '.rows'],
      ['objects', `#/buckets/${settings.bucket}?prefix=photos%2F2026%2F`, '.rows'],
      ['object', `#/object?bucket=${settings.bucket}&key=photos%2F2026%2Flighthouse.png`, '.preview img'],
      ['upload', '#/upload', 'form.panel'],
      ['access', '#/access', '.keys, .panel .hint'],
      ['user', `#/access/${account}/users/looks-alice`, '.one-policy'],
      ['bucket-access', `#/buckets/${settings.bucket}/access`, '.statements, .policy-editor'],
      ['nodes', '#/nodes', '.rows'],
      ['settings', '#/settings', '.panel'],
    ];
    try {
      await enter(page, settings);
      for (const [name, address, ready] of views) {
        await page.goto(`${settings.console}/${address}`);
        await page.locator(ready).first().waitFor();
        await page.waitForTimeout(250);
        if (name === 'user') await page.getByText('uploads', { exact: true }).click();
        if (name === 'object') await openWho(page);
        if (name === 'objects') await page.locator('td.select input').first().check();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        await page.screenshot({ path: `${settings.artefacts}/${look.replace(' ', '-')}-${name}.png`, fullPage: true });
        assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
        assert.deepEqual(await page.evaluate(unreadable), [], `${name} has words with too little contrast`);
        assert.deepEqual(await page.evaluate(unnamed), [], `${name} has controls without a name`);
      }
      visit.check();
    } finally {
      await visit.close();
    }
  });
}

async function openWho(page) {
  await page.getByText('Who can access this object').first().click();
  await page.getByText('Everybody, without a signature').waitFor();
}

/** A PNG that looks like an evening sky. */
function picture(width, height) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, y) => Buffer.from([0, ...Array.from({ length: width }, (__, x) => {
    const high = y / height;
    const sun = Math.max(0, 1 - Math.hypot(x - width * 0.7, y - height * 0.6) / (height * 0.35));
    return [40 + 190 * high + 60 * sun, 60 + 90 * high + 110 * sun, 110 + 20 * high + 40 * sun].map((value) => Math.min(255, Math.round(value)));
  }).flat()]));
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Words whose colour is too close to what is behind them (WCAG AA). Runs in the page. */
function unreadable() {
  const parse = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0.9) return rgb;
    }
    return [255, 255, 255];
  };
  const bad = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const words = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!words || !element.checkVisibility() || element.closest('svg, .unseen, .skip, option, [disabled]')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color).rgb), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.add(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...bad];
}

/** Controls that a screen reader cannot name. Runs in the page. */
function unnamed() {
  const controls = [...document.querySelectorAll('a, button, input, select, textarea')].filter((control) => control.checkVisibility());
  return controls
    .filter((control) => !(control.getAttribute('aria-label') || control.textContent.trim() || control.labels?.length || control.title))
    .map((control) => control.outerHTML.slice(0, 80));
}
