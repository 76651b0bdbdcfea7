/** What the runner says about the server under test. */

import { randomBytes } from 'node:crypto';

/** Reads the variables that conformance/README.md lists; a missing one ends the program. */
export function fromEnvironment() {
  const names = ['ENDPOINT', 'CONSOLE', 'STS', 'ACCESS_KEY_ID', 'ACCESS_KEY_SECRET'].map(
    (name) => `OSSICLE_${name}`,
  );
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    console.error(`not set: ${missing.join(', ')}`);
    process.exit(2);
  }
  const endpoint = process.env.OSSICLE_ENDPOINT.replace(/\/+$/, '');
  const console_ = process.env.OSSICLE_CONSOLE.replace(/\/+$/, '');
  return {
    endpoint,
    console: console_,
    sts: process.env.OSSICLE_STS.replace(/\/+$/, ''),
    port: new URL(endpoint).port || '80',
    accessKeyId: process.env.OSSICLE_ACCESS_KEY_ID,
    accessKeySecret: process.env.OSSICLE_ACCESS_KEY_SECRET,
    region: process.env.OSSICLE_REGION || 'cn-hangzhou',
    bucketPrefix: process.env.OSSICLE_BUCKET_PREFIX || `conf-${randomBytes(3).toString('hex')}`,
    // Anything else would let a forger name his own key.
    trustedKeyUrls: [`${endpoint}/`, `${console_}/`],
  };
}
