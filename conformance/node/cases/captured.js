/** The verifier against real OSS: without this, one that accepts anything would go unnoticed. */

import * as checks from '../checks.js';
import * as signature from '../signature.js';

const OSS_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs
C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==
-----END PUBLIC KEY-----
`;
const TARGET = '/index.php?id=1&index=2';
const BODY = Buffer.from('bucket=yonghu-test');
const AUTHORIZATION =
  'kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA==';
const KEY_URL = 'aHR0cDovL2dvc3NwdWJsaWMuYWxpY2RuLmNvbS9jYWxsYmFja19wdWJfa2V5X3YxLnBlbQ==';

/** The captured request verifies; changed in any part it does not; a foreign key URL is refused. */
export async function checkCaptured() {
  signature.verify(OSS_PUBLIC_KEY, TARGET, BODY, AUTHORIZATION);
  const altered = [
    [TARGET.replace('index=2', 'index=3'), BODY, AUTHORIZATION],
    [TARGET, Buffer.concat([BODY, Buffer.from(' ')]), AUTHORIZATION],
    [TARGET, BODY, AUTHORIZATION.replace('kKQe', 'kKQf')],
    [TARGET, BODY, ''],
  ];
  for (const [target, body, authorization] of altered) {
    const error = await checks.raises(() => signature.verify(OSS_PUBLIC_KEY, target, body, authorization));
    checks.truthy(error instanceof signature.Refused, `${error}`);
  }
  await checks.raises(() => new signature.Keys(['http://127.0.0.1:1/']).fetch(KEY_URL));
  const text = signature.signedText('/%E6%9D%AD+a%2Fb?x=%20', Buffer.from('B')).toString();
  checks.equal(text, '/杭+a/b?x=%20\nB', 'signed text');
}
