/** Upload callbacks that succeed, as the SDK's options make them. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import { FORM, JSON_TYPE, OK, check, refusedUrl } from '../application.js';
import * as checks from '../checks.js';
import { encode, quote } from '../context.js';
import { gif } from '../pictures.js';
import { define } from '../suite.js';

const HELLO = Buffer.from('hello');
const PART = 100 * 1024;
const EVERYTHING = {
  bucket: '${bucket}',
  object: '${object}',
  etag: '${etag}',
  size: '${size}',
  mimeType: '${mimeType}',
  height: '${imageInfo.height}',
  width: '${imageInfo.width}',
  format: '${imageInfo.format}',
  crc64: '${crc64}',
  contentMd5: '${contentMd5}',
  vpcId: '${vpcId}',
  clientIp: '${clientIp}',
  reqId: '${reqId}',
  operation: '${operation}',
  var1: '${x:var1}',
  unset: '${x:unset}',
};

/** What the application got, and what the SDK reports. Returns the request. */
async function expect(context, target, result, body, expected = {}) {
  const { status, headers } = result.res;
  checks.equal(status, 200);
  checks.equal(result.data, JSON.parse(target.reply.body), 'data of the result');
  checks.equal(headers['content-type'], 'application/json');
  checks.equal(headers['content-length'], String(Buffer.byteLength(target.reply.body)));
  checks.truthy(headers.etag && headers['x-oss-hash-crc64ecma'], 'ETag and CRC-64 of the answer');
  const requestId = headers['x-oss-request-id'];
  checks.requestId(requestId);
  const received = await target.take();
  check(received, { body, bucket: context.bucket, requestId, ...expected }, context.application);
  target.nothingMore();
  return received;
}

function values(context, key, data, headers, operation) {
  return {
    bucket: context.bucket,
    object: key,
    etag: headers.etag.replaceAll('"', ''),
    size: String(data.length),
    mimeType: 'text/plain',
    height: '',
    width: '',
    format: '',
    crc64: headers['x-oss-hash-crc64ecma'],
    contentMd5: operation === 'PutObject' ? createHash('md5').update(data).digest('base64') : '',
    vpcId: '',
    clientIp: '127.0.0.1',
    reqId: headers['x-oss-request-id'],
    operation,
    var1: 'v 1&2=中',
    unset: '',
  };
}

function template(pairs) {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function encodedTemplate(pairs) {
  return template(Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, quote(value)])));
}

define('PutObject', 'callback of the documentation: file, form body, custom values', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ossicle-'));
  try {
    const file = path.join(folder, 'examplefile.txt');
    await writeFile(file, HELLO);
    const target = context.application.target();
    const options = {
      callback: {
        url: target.url,
        body: 'bucket=${bucket}&object=${object}&var1=${x:var1}&var2=${x:var2}',
        contentType: FORM,
        customValue: { var1: 'value1', var2: 'value2' },
      },
    };
    const result = await context.client().put('exampleobject.txt', file, options);
    await expect(
      context,
      target,
      result,
      `bucket=${context.bucket}&object=exampleobject.txt&var1=value1&var2=value2`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

define('PutObject', 'callback: every variable, form body', async (context) => {
  const target = context.application.target();
  const key = context.key('/杭 州&=+%.txt');
  const callback = { url: target.url, body: template(EVERYTHING), customValue: { var1: 'v 1&2=中' } };
  const result = await context.client().put(key, HELLO, { callback });
  const expected = values(context, key, HELLO, result.res.headers, 'PutObject');
  await expect(context, target, result, encodedTemplate(expected));
});

define('PutObject', 'callback: every variable, json body', async (context) => {
  const target = context.application.target();
  const key = context.key('/"杭\\州".txt');
  const body = `{${Object.entries(EVERYTHING)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`;
  const callback = { url: target.url, body, contentType: JSON_TYPE, customValue: { var1: 'v 1&2=中' } };
  const result = await context.client().put(key, HELLO, { callback });
  const received = await expect(context, target, result, null, { contentType: JSON_TYPE });
  const text = received.body.toString();
  checks.contains(text, `"crc64":${result.res.headers['x-oss-hash-crc64ecma']},`, 'the CRC-64 as a number');
  const expected = values(context, key, HELLO, result.res.headers, 'PutObject');
  const exact = { ...expected, size: HELLO.length, crc64: Number(expected.crc64), height: null, width: null };
  checks.equal(JSON.parse(text), exact);
});

define('PutObject', 'callback: a form template with the json type', async (context) => {
  const target = context.application.target();
  const callback = { url: target.url, body: 'bucket=${bucket}&size=${size}', contentType: JSON_TYPE };
  const result = await context.client().put(context.key(), HELLO, { callback });
  await expect(context, target, result, `bucket="${context.bucket}"&size=5`, { contentType: JSON_TYPE });
});

define('PutObject', 'callback: dimensions of a picture', async (context) => {
  const target = context.application.target();
  const body = '${imageInfo.width}x${imageInfo.height}.${imageInfo.format}';
  const result = await context
    .client()
    .put(context.key('.gif'), gif(33, 7), { callback: { url: target.url, body } });
  await expect(context, target, result, '33x7.gif');
});

define('PutObject', 'callback: host, SNI, a URL that needs encoding', async (context) => {
  const target = context.application.target({}, '/杭州 x?a=1&b=%20');
  const callback = { url: target.url, host: 'your.callback.example', body: 'a=b', callbackSNI: true };
  const result = await context.client().put(context.key(), HELLO, { callback });
  const rest = encodeURI(target.url).replace(`http://${context.application.authority}`, '');
  await expect(context, target, result, 'a=b', { host: 'your.callback.example', target: rest });
});

define('PutObject', 'callback of a stream', async (context) => {
  const target = context.application.target();
  const callback = { url: target.url, body: 'size=${size}&md5=${contentMd5}' };
  const stream = Readable.from([Buffer.from('hel'), Buffer.from('lo')]);
  const result = await context.client().putStream(context.key(), stream, { callback });
  await expect(context, target, result, 'size=5&md5=XUFAKrxLKna5cZ2REBfFkg%3D%3D');
});

define('PutObject', 'callback as raw headers', async (context) => {
  const target = context.application.target();
  const headers = {
    'x-oss-callback': encode({ callbackUrl: target.url, callbackBody: 'v=${x:v}' }),
    'x-oss-callback-var': encode({ 'x:v': '1' }),
  };
  const result = await context.client().put(context.key(), HELLO, { headers });
  await expect(context, target, result, 'v=1');
});

define('PutObject', 'callback: several URLs, any JSON as the answer', async (context) => {
  for (const body of ['{"a":[1,null]}', '[1,2]', '"text"', 'null', ' 42 ', '{"消息":"好"}']) {
    const failing = context.application.target({ status: 500 });
    const target = context.application.target({ body });
    const url = [await refusedUrl(), failing.url, target.url].join(';');
    const result = await context.client().put(context.key(), HELLO, { callback: { url, body: 's=${size}' } });
    await expect(context, target, result, 's=5');
    await failing.take();
  }
});

define('AppendObject', 'ignores the callback that the SDK sends', async (context) => {
  const target = context.application.target();
  const callback = { url: target.url, body: 'a=b' };
  const key = context.key();
  // The object is appended; the SDK then fails to parse the empty answer as JSON.
  const error = await checks.raises(() => context.client().append(key, HELLO, { callback }));
  checks.equal(error.name, 'SyntaxError');
  checks.equal((await context.client().get(key)).content.toString(), 'hello');
  target.nothingMore();
});

define('CompleteMultipartUpload', 'callback of multipartUpload', async (context) => {
  const client = context.client();
  const data = Buffer.alloc(2 * PART + 5, 'x');
  for (const source of ['small', 'large']) {
    const target = context.application.target();
    const key = context.key('.txt');
    const bytes = source === 'small' ? HELLO : data;
    const callback = { url: target.url, body: template(EVERYTHING), customValue: { var1: 'v 1&2=中' } };
    const result = await client.multipartUpload(key, bytes, { partSize: PART, mime: 'text/plain', callback });
    const operation = source === 'small' ? 'PutObject' : 'CompleteMultipartUpload';
    const expected = values(context, key, bytes, result.res.headers, operation);
    await expect(context, target, result, encodedTemplate(expected));
    checks.equal([result.bucket, result.etag], [context.bucket, result.res.headers.etag]);
    checks.truthy(Buffer.compare((await client.get(key)).content, bytes) === 0, 'the content differs');
  }
});

define('CompleteMultipartUpload', 'callback of the single steps', async (context) => {
  const client = context.client();
  const target = context.application.target();
  const key = context.key('.bin');
  const { uploadId } = await client.initMultipartUpload(key);
  const part = await client.uploadPart(key, uploadId, 1, HELLO, 0, 5);
  const callback = { url: target.url, body: '{"op":${operation},"size":${size}}', contentType: JSON_TYPE };
  const parts = [{ number: 1, etag: part.etag }];
  const result = await client.completeMultipartUpload(key, uploadId, parts, { callback });
  checks.equal(result.data, JSON.parse(OK));
  const body = '{"op":"CompleteMultipartUpload","size":5}';
  await expect(context, target, result, body, { contentType: JSON_TYPE });
});

define('CompleteMultipartUpload', 'callback of multipartUploadCopy', async (context) => {
  const client = context.client();
  const target = context.application.target();
  const source = context.key();
  await client.put(source, Buffer.alloc(2 * PART, 'x'));
  const from = { sourceKey: source, sourceBucketName: context.bucket };
  const callback = { url: target.url, body: 'size=${size}' };
  const result = await client.multipartUploadCopy(context.key(), from, { partSize: PART, callback });
  await expect(context, target, result, `size=${2 * PART}`);
});
