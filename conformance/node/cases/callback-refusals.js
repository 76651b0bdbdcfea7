/** Callback parameters that are wrong: 400 before anything is stored, and nobody is called. */

import * as checks from '../checks.js';
import { encode } from '../context.js';
import { define } from '../suite.js';

const HELLO = Buffer.from('hello');

async function refused(context, options, ec, what) {
  const key = context.key();
  const run = () => context.client().put(key, HELLO, options);
  await checks.fails(run, { status: 400, code: 'InvalidArgument', ec }, what);
  await checks.fails(() => context.client().head(key), { status: 404, code: 'NoSuchKey' }, what);
}

define('PutObject', 'wrong callback through the options of the SDK', async (context) => {
  const target = context.application.target();
  const { url } = target;
  const rows = [
    ['a single word', { url: 'my', body: 'a' }, '0007-00000004'],
    ['a bad port', { url: 'my.com:test', body: 'a' }, '0007-00000004'],
    ['six URLs', { url: Array(6).fill(url).join(';'), body: 'a' }, '0007-00000005'],
    ['an empty body', { url, body: '' }, '0007-00000011'],
    ['another content type', { url, body: 'a', contentType: 'text/xml' }, '0007-00000012'],
    ['parentheses', { url, body: '$(object)' }, '0007-00000105'],
    ['too long', { url, body: 'x'.repeat(5000) }, '0007-00000001'],
    ['too long variables', { url, body: 'a', customValue: { a: 'x'.repeat(5000) } }, '0007-00000101'],
  ];
  for (const [what, callback, ec] of rows) await refused(context, { callback }, ec, what);
  target.nothingMore();
});

define('PutObject', 'wrong callback as a raw header', async (context) => {
  const rows = [
    ['not base64', 'error argument', '0007-00000002'],
    ['not JSON', encode('error argument'), '0007-00000003'],
  ];
  for (const [what, value, ec] of rows)
    await refused(context, { headers: { 'x-oss-callback': value } }, ec, what);
});
