/** Callbacks that fail: the SDK throws CallbackFailedError, and the object stays. */

import { refusedUrl } from '../application.js';
import * as checks from '../checks.js';
import { define } from '../suite.js';

const HELLO = Buffer.from('hello');
const NOT_JSON = 'Response body is not valid json format.';
const LENGTH = 'Error status : 400.User server ';
const STATUS_EC = '0007-00000203';
const JSON_EC = '0007-00000205';

function raw(head, body) {
  return { raw: `HTTP/1.1 200 OK\r\n${head}\r\n${body}` };
}

const ANSWERS = [
  ['status 500', { status: 500, body: '{}' }, 'Error status : 500.', STATUS_EC],
  ['status 404', { status: 404, body: '{}' }, 'Error status : 404.', STATUS_EC],
  ['status 204', { raw: 'HTTP/1.1 204 No Content\r\n\r\n' }, 'Error status : 204.', STATUS_EC],
  ['a redirect', { status: 302, headers: { Location: '/elsewhere' } }, 'Error status : 302.', STATUS_EC],
  ['text', { body: 'OK' }, NOT_JSON, JSON_EC],
  ['an empty body', { body: '' }, NOT_JSON, JSON_EC],
  ['a byte order mark', { body: '\ufeff{}' }, NOT_JSON, JSON_EC],
  ['no Content-Length', raw('Connection: close\r\n', '{}'), `${LENGTH}missing content-length.`, STATUS_EC],
  [
    'a bad Content-Length',
    raw('Content-Length: -2\r\n', '{}'),
    `${LENGTH}return invalid content-length value.`,
    STATUS_EC,
  ],
  [
    'too long a body',
    { body: `"${'x'.repeat(3 * 1024 * 1024)}"` },
    `${LENGTH}return too long content-length value.`,
    STATUS_EC,
  ],
  ['no answer', { raw: '' }, 'Error status : 502.', STATUS_EC],
  ['half an answer', raw('Content-Length: 10\r\n', '{"a":'), 'Error status : 502.', STATUS_EC],
];

async function failsWith(context, run, { message, ec }, what) {
  const expected = { status: 203, code: 'CallbackFailed', message, ec };
  const error = await checks.fails(run, expected, what);
  checks.requestId(error.requestId);
  checks.truthy(error.hostId, `hostId, ${what}`);
}

define('PutObject', 'failing callback: answers of the application', async (context) => {
  const client = context.client();
  for (const [what, reply, message, ec] of ANSWERS) {
    const target = context.application.target(reply);
    const key = context.key();
    const run = () => client.put(key, HELLO, { callback: { url: target.url, body: 'a=b' } });
    await failsWith(context, run, { message, ec }, what);
    await target.take();
    checks.equal((await client.get(key)).content.toString(), 'hello', `the object, ${what}`);
  }
});

define('PutObject', 'failing callback: nobody there', async (context) => {
  const client = context.client();
  for (const url of [await refusedUrl(), 'http://cbsrv.oss.invalid/']) {
    const run = () => client.put(context.key(), HELLO, { callback: { url, body: 'a=b' } });
    await failsWith(context, run, { message: 'Error status : 502.', ec: STATUS_EC }, url);
  }
});

define('PutObject', 'failing callback: too late', async (context) => {
  const target = context.application.target({ delay: 6000 });
  const run = () =>
    context.client().put(context.key(), HELLO, { callback: { url: target.url, body: 'a=b' } });
  const error = await checks.fails(run, { status: 203, code: 'CallbackFailed', ec: '0007-00000202' });
  const start = `Error status : -1 ${context.application.authority} reply timeout, cost:`;
  checks.truthy(error.message.startsWith(start), error.message);
  checks.matches(error.message, / cost:\d+ms, timeout:5000ms \(err -4, errno0\)\.$/, 'Message');
});

define('CompleteMultipartUpload', 'failing callback', async (context) => {
  const client = context.client();
  const key = context.key();
  const data = Buffer.alloc(200 * 1024, 'x');
  const callback = { url: await refusedUrl(), body: 'a=b' };
  const run = () => client.multipartUpload(key, data, { partSize: 100 * 1024, callback });
  await failsWith(context, run, { message: 'Error status : 502.', ec: STATUS_EC }, 'multipart');
  checks.truthy(Buffer.compare((await client.get(key)).content, data) === 0, 'the object is whole');
});
