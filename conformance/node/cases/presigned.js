/** Presigned URLs in a plain client's hands. The SDK makes none for an IP, so these use a host name. */

import * as checks from '../checks.js';
import { encode } from '../context.js';
import { define } from '../suite.js';
import { OK, check } from '../application.js';
import { exchange } from '../wire.js';

/** A URL of the context's signature version; `headers` must be sent along. */
async function presign(context, method, key, { headers = {}, queries = {}, expires = 600, client } = {}) {
  const signer = client ?? context.named(context.bucket);
  if (context.version === 'v4') return signer.signatureUrlV4(method, expires, { headers, queries }, key);
  return signer.asyncSignatureUrl(key, { method, expires, ...headers, subResource: { ...queries } });
}

define('presigned', 'GET, PUT, HEAD and DELETE by a plain client', async (context) => {
  for (const key of [context.key('.txt'), context.key('/a b+c%/中文?&#.txt')]) {
    const headers = { 'Content-Type': 'text/plain', 'x-oss-meta-one': '1' };
    const put = await exchange('PUT', await presign(context, 'PUT', key, { headers }), headers, 'hello');
    checks.equal(put.status, 200, `PUT ${key}: ${checks.short(put.body)}`);
    const got = await exchange('GET', await presign(context, 'GET', key));
    checks.equal(
      [got.status, got.body.toString(), got.headers['x-oss-meta-one']],
      [200, 'hello', '1'],
      `GET ${key}`,
    );
    checks.equal((await exchange('HEAD', await presign(context, 'HEAD', key))).status, 200, `HEAD ${key}`);
    checks.equal(
      (await exchange('DELETE', await presign(context, 'DELETE', key))).status,
      204,
      `DELETE ${key}`,
    );
  }
});

define('presigned', 'response-* overrides', async (context) => {
  const key = context.key('.txt');
  await context.client().put(key, Buffer.from('hello'));
  const queries = {
    'response-content-disposition': 'attachment; filename="a b.txt"',
    'response-content-type': 'text/x-a',
  };
  const got = await exchange('GET', await presign(context, 'GET', key, { queries }));
  checks.equal(got.headers['content-disposition'], 'attachment; filename="a b.txt"');
  checks.equal(got.headers['content-type'], 'text/x-a');
});

define('presigned', 'changed in any part it is refused, also when expired', async (context) => {
  const key = context.key('.txt');
  await context.client().put(key, Buffer.from('hello'));
  const url = await presign(context, 'GET', key);
  checks.equal((await exchange('PUT', url, {}, 'x')).status, 403, 'another method');
  checks.equal((await exchange('GET', url.replace(key, `${key}x`))).status, 403, 'another key');
  const headers = { 'x-oss-meta-one': '1' };
  const put = await presign(context, 'PUT', key, { headers });
  checks.equal((await exchange('PUT', put, {}, 'x')).status, 403, 'a signed header left out');
  checks.equal(
    (await exchange('PUT', put, { 'x-oss-meta-one': '2' }, 'x')).status,
    403,
    'a signed header changed',
  );
  const client = context.named(context.bucket, { accessKeySecret: 'wrong' });
  checks.equal(
    (await exchange('GET', await presign(context, 'GET', key, { client }))).status,
    403,
    'wrong secret',
  );
  const short = await presign(context, 'GET', key, { expires: 1 });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  checks.equal((await exchange('GET', short)).status, 403, 'expired');
});

define('presigned', 'PUT with a callback in the query', async (context) => {
  const target = context.application.target();
  const key = context.key('.txt');
  const body = 'o=${object}&s=${size}&v=${x:v}';
  let url;
  if (context.version === 'v4') {
    const queries = {
      callback: encode({ callbackUrl: target.url, callbackBody: body }),
      'callback-var': encode({ 'x:v': '1' }),
    };
    url = await presign(context, 'PUT', key, { queries });
  } else {
    const callback = { url: target.url, body, customValue: { v: '1' } };
    url = context.named(context.bucket).signatureUrl(key, { method: 'PUT', expires: 600, callback });
  }
  const answer = await exchange('PUT', url, {}, 'hello');
  checks.equal([answer.status, answer.body.toString()], [200, OK]);
  checks.equal(answer.headers['content-type'], 'application/json');
  const requestId = answer.headers['x-oss-request-id'];
  const expected = { body: `o=${key}&s=5&v=1`, bucket: context.bucket, requestId };
  check(await target.take(), expected, context.application);
});
