// Drives the console of a running Ossicle in Chromium and prints one line for each case.

import { mkdir } from 'node:fs/promises';
import { startApplicationServer } from './application-server.js';
import { Browser } from './browser.js';
import { cases } from './case.js';
import './cases/log-in.js';
import './cases/buckets.js';
import './cases/large-files.js';
import './cases/many-objects.js';
import './cases/callbacks.js';
import './cases/direct-upload.js';
import './cases/access.js';
import './cases/safety.js';
import './cases/looks.js';
import './cases/dev.js';

const CASE_SECONDS = 180;

function required(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set; conformance/README.md says what it is`);
    process.exit(2);
  }
  return value;
}

const settings = {
  console: required('OSSICLE_CONSOLE').replace(/\/$/, ''),
  endpoint: required('OSSICLE_ENDPOINT').replace(/\/$/, ''),
  sts: required('OSSICLE_STS').replace(/\/$/, ''),
  keyId: required('OSSICLE_ACCESS_KEY_ID'),
  keySecret: required('OSSICLE_ACCESS_KEY_SECRET'),
  artefacts: process.env.OSSICLE_ARTEFACTS ?? './artefacts',
  bucket: `${process.env.OSSICLE_BUCKET_PREFIX ?? 'browser-'}console-${Date.now().toString(36)}`,
};

await mkdir(settings.artefacts, { recursive: true });
const application = await startApplicationServer();
const browser = await Browser.launch(settings);
const wanted = cases.filter(({ name }) => name.includes(process.argv[2] ?? ''));
let failed = 0;
for (const { name, run } of wanted) {
  application.reset();
  const visit = await browser.visit();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${CASE_SECONDS} s`)), CASE_SECONDS * 1000);
  });
  try {
    await Promise.race([run({ ...visit, settings, application, browser }), late]);
    visit.check();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${String(error.message).split('\n').slice(0, 6).join(' | ')}`);
    if (process.env.OSSICLE_CONFORMANCE_TRACE) console.error(error.stack);
    await visit.page.screenshot({ path: `${settings.artefacts}/failed-${name.replace(/[^a-z0-9]+/gi, '-')}.png`, fullPage: true }).catch(() => {});
  } finally {
    clearTimeout(timer);
    await visit.close();
  }
}
await browser.close();
application.close();
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
