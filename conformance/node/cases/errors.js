/** Errors as the SDK reports them. */

import * as checks from '../checks.js';
import { define } from '../suite.js';

define('errors', 'NoSuchKey and NoSuchBucket', async (context) => {
  const client = context.client();
  const expected = {
    status: 404,
    code: 'NoSuchKey',
    ec: '0026-00000001',
    message: 'The specified key does not exist.',
  };
  const error = await checks.fails(() => client.get('never-put'), expected);
  checks.requestId(error.requestId);
  checks.truthy(error.hostId, 'hostId');
  const head = await checks.fails(() => client.head('never-put'), { status: 404, code: 'NoSuchKey' });
  checks.requestId(head.requestId);
  const none = context.client(context.bucketName('none'));
  const missing = { status: 404, code: 'NoSuchBucket', ec: '0015-00000101' };
  for (const run of [() => none.get('k'), () => none.put('k', Buffer.from('x')), () => none.list()]) {
    await checks.fails(run, { ...missing, message: 'The specified bucket does not exist.' });
  }
});

define('errors', 'wrong secret and unknown access key id', async (context) => {
  const wrong = context.client(context.bucket, { accessKeySecret: 'not-the-secret' });
  await checks.fails(() => wrong.put('k', Buffer.from('x')), { status: 403, code: 'SignatureDoesNotMatch' });
  const unknown = context.client(context.bucket, { accessKeyId: 'NoSuchAccessKey' });
  await checks.fails(() => unknown.get('k'), {
    status: 403,
    code: 'InvalidAccessKeyId',
    ec: '0002-00000902',
  });
});

define('errors', 'a security token nobody gave out', async (context) => {
  // The second option silences a warning of the SDK about tokens that are not renewed.
  const options = {
    stsToken: 'no-such-token',
    refreshSTSToken: async () => null,
    refreshSTSTokenInterval: 1e9,
  };
  const client = context.client(context.bucket, options);
  await checks.fails(() => client.put('k', Buffer.from('x')), { status: 403, code: 'InvalidAccessKeyId' });
});

define('errors', 'a clock that is wrong', async (context) => {
  const skewed = { status: 403, code: 'RequestTimeTooSkewed', ec: '0002-00000504' };
  for (const minutes of [-20, 20]) {
    const client = context.client(context.bucket, { amendTimeSkewed: minutes * 60000 });
    await checks.fails(() => client.put('k', Buffer.from('x')), skewed);
  }
  for (const minutes of [-10, 10]) {
    const client = context.client(context.bucket, { amendTimeSkewed: minutes * 60000 });
    checks.equal((await client.put('k', Buffer.from('x'))).res.status, 200);
  }
});
