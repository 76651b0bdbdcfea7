/** The multipart operations. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as checks from '../checks.js';
import { define } from '../suite.js';

const PART = 100 * 1024;

function multipartEtag(pieces) {
  const md5 = (data) => createHash('md5').update(data).digest('hex').toUpperCase();
  const whole = md5(pieces.map(md5).join(''));
  return `"${whole}-${pieces.length}"`;
}

define('CompleteMultipartUpload', 'multipartUpload of a file and of a buffer', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ossicle-'));
  try {
    const client = context.client();
    const data = randomBytes(1024 * 1024 + 7);
    const file = path.join(folder, 'data.bin');
    await writeFile(file, data);
    for (const source of [file, data]) {
      const key = context.key(' +中');
      const seen = [];
      const options = {
        partSize: PART,
        parallel: 3,
        meta: { one: '1' },
        progress: (done) => seen.push(done),
      };
      const result = await client.multipartUpload(key, source, options);
      const pieces = [];
      for (let start = 0; start < data.length; start += PART) pieces.push(data.subarray(start, start + PART));
      checks.equal(
        [result.res.status, result.bucket, result.etag],
        [200, context.bucket, multipartEtag(pieces)],
      );
      checks.equal(seen.at(-1), 1, 'progress');
      const found = await client.get(key);
      checks.truthy(Buffer.compare(found.content, data) === 0, 'the content differs');
      checks.equal(found.res.headers['x-oss-object-type'], 'Multipart');
      const plain = await client.put(context.key(), data);
      checks.equal(
        result.res.headers['x-oss-hash-crc64ecma'],
        plain.res.headers['x-oss-hash-crc64ecma'],
        'CRC-64',
      );
    }
    const small = await client.multipartUpload(context.key(), Buffer.from('hello'));
    checks.equal(small.etag, '"5D41402ABC4B2A76B9719D911017C592"', 'a small one is put at once');
  } finally {
    await rm(folder, { recursive: true });
  }
});

define('CompleteMultipartUpload', 'a checkpoint resumes', async (context) => {
  const client = context.client();
  const key = context.key();
  const data = randomBytes(5 * PART);
  let kept;
  const interrupt = (done, checkpoint) => {
    kept = checkpoint;
    if (checkpoint.doneParts.length === 2) client.cancel();
  };
  const stopped = await checks.raises(() =>
    client.multipartUpload(key, data, { partSize: PART, parallel: 1, progress: interrupt }),
  );
  checks.equal(stopped.name, 'cancel');
  const result = await client.multipartUpload(key, data, { partSize: PART, checkpoint: kept });
  checks.equal(result.res.status, 200);
  checks.truthy(Buffer.compare((await client.get(key)).content, data) === 0, 'the content differs');
});

define('ListParts', 'and ListMultipartUploads, AbortMultipartUpload', async (context) => {
  const client = await context.makeBucket('uploads');
  const made = [];
  for (const key of ['a/1', 'a/2', 'b', 'é +'])
    made.push([key, (await client.initMultipartUpload(key)).uploadId]);
  const listed = await client.listUploads({ 'max-uploads': 10 });
  checks.equal(
    listed.uploads.map((upload) => [upload.name, upload.uploadId]),
    made,
  );
  const first = await client.listUploads({ 'max-uploads': 3 });
  checks.equal([first.uploads.length, first.isTruncated], [3, true]);
  const marker = { 'key-marker': first.nextKeyMarker, 'upload-id-marker': first.nextUploadIdMarker };
  checks.equal((await client.listUploads({ 'max-uploads': 10, ...marker })).uploads.length, 1);
  const [key, upload] = made[3];
  for (const number of [1, 3])
    await client.uploadPart(key, upload, number, Buffer.alloc(number, 'x'), 0, number);
  const { parts, name } = await client.listParts(key, upload);
  checks.equal(
    [name, parts.map((part) => [part.PartNumber, part.Size])],
    [
      key,
      [
        ['1', '1'],
        ['3', '3'],
      ],
    ],
  );
  checks.equal((await client.abortMultipartUpload(key, upload)).res.status, 204);
  const gone = { status: 404, code: 'NoSuchUpload' };
  await checks.fails(() => client.listParts(key, upload), gone);
  await checks.fails(() => client.uploadPart(key, upload, 1, Buffer.from('x'), 0, 1), {
    ...gone,
    ec: '0042-00000104',
  });
  await checks.fails(() => client.abortMultipartUpload(key, upload), { ...gone, ec: '0042-00000002' });
});

define('CompleteMultipartUpload', 'what is wrong with a list of parts', async (context) => {
  const client = context.client();
  const key = context.key();
  const { uploadId } = await client.initMultipartUpload(key);
  const first = await client.uploadPart(key, uploadId, 1, Buffer.from('small'), 0, 5);
  const second = await client.uploadPart(key, uploadId, 2, Buffer.from('small'), 0, 5);
  const rows = [
    [[{ number: 1, etag: '"0"' }], 'InvalidPart'],
    [[{ number: 7, etag: first.etag }], 'InvalidPart'],
    [
      [
        { number: 1, etag: first.etag },
        { number: 2, etag: second.etag },
      ],
      'EntityTooSmall',
    ],
  ];
  for (const [parts, code] of rows) {
    await checks.fails(() => client.completeMultipartUpload(key, uploadId, parts), { status: 400, code });
  }
  await client.completeMultipartUpload(key, uploadId, [{ number: 2, etag: second.etag }]);
  checks.equal((await client.get(key)).content.toString(), 'small');
});

define('UploadPartCopy', 'multipartUploadCopy', async (context) => {
  const client = context.client();
  const source = context.key(' +中');
  const target = context.key();
  const data = randomBytes(5 * PART + 3);
  await client.put(source, data);
  const from = { sourceKey: source, sourceBucketName: context.bucket };
  const result = await client.multipartUploadCopy(target, from, { partSize: 2 * PART });
  checks.equal(result.res.status, 200);
  checks.truthy(Buffer.compare((await client.get(target)).content, data) === 0, 'the content differs');
});
