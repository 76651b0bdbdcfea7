// Chromium with a profile of its own, and pages that note what should never happen: errors, and requests to strangers.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-proxy-server',
];

export class Browser {
  static async launch(settings) {
    const browser = new Browser();
    browser.settings = settings;
    browser.chromium = await chromium.launch({
      executablePath: process.env.OSSICLE_CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
    });
    return browser;
  }

  /** A new profile with one page. */
  async visit({ dark = false, width = 1280, height = 860, phone = false } = {}) {
    const context = await this.chromium.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      locale: 'en-GB',
      acceptDownloads: true,
      hasTouch: phone,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    // A busy machine is slow, not wrong.
    page.setDefaultTimeout(45_000);
    const troubles = [];
    const allowed = new Set([this.settings.console, this.settings.endpoint].map((url) => new URL(url).origin));
    page.on('pageerror', (error) => troubles.push(`error in the page: ${error.message}`));
    page.on('console', (message) => {
      // Chromium logs every answer that is not 2xx; those are the cases' own business.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) troubles.push(message.text());
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (['http:', 'https:', 'ws:'].includes(url.protocol) && !allowed.has(url.origin)) troubles.push(`request to ${url.origin}`);
    });
    return {
      context,
      page,
      allow: (origin) => allowed.add(origin),
      expectTrouble: () => { troubles.length = 0; },
      check: () => assert.deepEqual(troubles, []),
      close: () => context.close(),
    };
  }

  close() {
    return this.chromium.close();
  }
}

/** Opens the console at an address and logs in. */
export async function enter(page, settings, address = '') {
  await page.goto(`${settings.console}/${address}`);
  const out = page.getByRole('button', { name: 'Log out' });
  const asked = page.getByLabel('Access key id');
  await out.or(asked).first().waitFor();
  // `ossicle dev` lets whoever comes from this machine in.
  if (await out.isVisible()) return;
  await asked.fill(settings.keyId);
  await page.getByLabel('Access key secret').fill(settings.keySecret);
  await page.getByRole('button', { name: 'Log in' }).click();
  await out.waitFor();
}

/** The console's API as the command line uses it: with the access key itself. */
export async function api(settings, method, path, document) {
  const response = await fetch(`${settings.console}${path}`, {
    method,
    headers: {
      Authorization: `Basic ${Buffer.from(`${settings.keyId}:${settings.keySecret}`).toString('base64')}`,
      ...(document === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: document === undefined ? undefined : JSON.stringify(document),
  });
  return { status: response.status, body: await response.json().catch(() => null) };
}

/** Makes the bucket of this run unless it is there. */
export async function ensureBucket(settings) {
  const { status } = await api(settings, 'POST', '/api/buckets', { name: settings.bucket });
  assert.ok([200, 409].includes(status), `creating the bucket gave ${status}`);
}

/** Uploads through a signed form, without the page. */
export async function put(settings, key, content, { type = 'text/plain', callback } = {}) {
  const { status, body } = await api(settings, 'POST', '/api/upload-form', { bucket: settings.bucket, key, callback });
  assert.equal(status, 200, JSON.stringify(body));
  const form = new FormData();
  for (const [name, value] of body.fields) form.append(name, value);
  form.append('file', new Blob([content], { type }), key.split('/').pop());
  const response = await fetch(body.url, { method: 'POST', body: form });
  return { status: response.status, text: await response.text(), id: response.headers.get('x-oss-request-id') };
}

/** A PNG of one colour, as small as they come. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
