/** Ranges, conditions and overridden headers of GetObject and HeadObject. */

import * as checks from '../checks.js';
import { define } from '../suite.js';

const DIGITS = Buffer.from('abcdefghij');
const STANDARD = { 'x-oss-range-behavior': 'standard' };

define('GetObject', 'ranges as the documentation of the SDK shows them', async (context) => {
  const client = context.client();
  const key = context.key();
  await client.put(key, DIGITS);
  const rows = [
    ['bytes=0-2', {}, 206, 'abc'],
    ['bytes=5-', {}, 206, 'fghij'],
    ['bytes=-3', {}, 206, 'hij'],
    ['bytes=5-15', {}, 200, 'abcdefghij'],
    ['bytes=15-25', {}, 200, 'abcdefghij'],
    ['bytes=5-15', STANDARD, 206, 'fghij'],
  ];
  for (const [range, headers, status, text] of rows) {
    const got = await client.get(key, { headers: { Range: range, ...headers } });
    checks.equal(
      [got.res.status, got.content.toString()],
      [status, text],
      `${range} ${checks.short(headers)}`,
    );
  }
  const outside = () => client.get(key, { headers: { Range: 'bytes=15-25', ...STANDARD } });
  await checks.fails(outside, { status: 416, code: 'InvalidRange' });
});

define('GetObject', 'conditions', async (context) => {
  const client = context.client();
  const key = context.key();
  const etag = (await client.put(key, DIGITS)).res.headers.etag;
  const modified = (await client.head(key)).res.headers['last-modified'];
  const earlier = new Date(Date.parse(modified) - 60000).toUTCString();
  const rows = [
    [{ 'If-Match': etag }, 200],
    [{ 'If-None-Match': etag }, 304],
    [{ 'If-Modified-Since': modified }, 304],
    [{ 'If-Modified-Since': earlier }, 200],
    [{ 'If-Unmodified-Since': modified }, 200],
    [{ 'If-Unmodified-Since': earlier }, 412],
    [{ 'If-Match': '"0"' }, 412],
  ];
  for (const [headers, status] of rows) {
    for (const method of ['get', 'head']) {
      const run = () => client[method](key, { headers: { ...headers } });
      const what = `${method} ${checks.short(headers)}`;
      if (status === 412) await checks.fails(run, { status, code: 'PreconditionFailed' }, what);
      else checks.equal((await run()).res.status, status, what);
    }
  }
});

define('GetObject', 'as a stream', async (context) => {
  const client = context.client();
  const key = context.key();
  await client.put(key, DIGITS);
  const { stream, res } = await client.getStream(key);
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  checks.equal([res.status, Buffer.concat(pieces).toString()], [200, 'abcdefghij']);
});
