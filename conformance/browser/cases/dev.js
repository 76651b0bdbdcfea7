// `ossicle dev`: nobody has to log in, the first callback is there, and the built-in application server is offered.
// Runs where OSSICLE_BINARY names the program.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { define, eventually } from '../case.js';

const binary = process.env.OSSICLE_BINARY;

/** Starts it and tells where it listens. */
async function startDev(folder, { listen = '127.0.0.1:0', console: address = '127.0.0.1:0' } = {}) {
  const child = spawn(binary, ['dev', '--data-dir', folder, '--listen', listen, '--console', address], { stdio: ['ignore', 'pipe', 'ignore'] });
  const found = {};
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, name, url] = line.match(/^\s*(store|console)\s+(http:\/\/\S+)/) ?? [];
      if (name) found[name] ??= url;
      if (/Waiting for uploads/.test(line)) resolve();
    });
    child.on('exit', (code) => reject(new Error(`ossicle dev ended with ${code}`)));
  });
  await ready;
  const stop = () => new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
  return { endpoint: found.store, console: found.console, stop };
}

if (binary) {
  define('dev/nobody has to log in, and everything is at hand', async ({ page, settings, allow }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ossicle-dev-'));
    const dev = await startDev(folder);
    try {
      allow(dev.endpoint);
      allow(dev.console);
      await page.goto(dev.console);
      await page.getByRole('row').filter({ hasText: 'demo' }).getByText('Delivered').first().waitFor();
      await page.screenshot({ path: `${settings.artefacts}/dev-callbacks.png` });
      await page.getByRole('link', { name: 'Upload' }).click();
      const url = page.getByRole('textbox', { name: 'Application server' });
      await eventually('the built-in application server is offered', async () => (await url.inputValue()) === `${dev.console}/app/callback`);
      await page.getByLabel('File').setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
      await page.getByRole('button', { name: 'Upload' }).click();
      await page.locator('.upload.done').getByText('the application server answered').waitFor();
    } finally {
      await dev.stop();
      await rm(folder, { recursive: true });
    }
  });

  define('dev/the page outlives a restart of the server', async ({ page, allow, expectTrouble }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ossicle-dev-'));
    let dev = await startDev(folder);
    const address = (url) => new URL(url).host;
    try {
      allow(dev.endpoint);
      allow(dev.console);
      await page.goto(dev.console);
      await page.getByText('Live', { exact: true }).waitFor();
      const before = await page.locator('tbody tr').count();
      await dev.stop();
      await page.getByText('Reconnecting…').waitFor();
      // It makes its first upload again, which the page has to learn of.
      dev = await startDev(folder, { listen: address(dev.endpoint), console: address(dev.console) });
      await page.getByText('Live', { exact: true }).waitFor();
      await eventually('the new callback is there', async () => (await page.locator('tbody tr').count()) > before);
      assert.equal(await page.getByLabel('Access key id').count(), 0);
      expectTrouble();
    } finally {
      await dev.stop();
      await rm(folder, { recursive: true });
    }
  });
}
