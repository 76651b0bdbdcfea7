/** The configuration of the README: an IP for the endpoint and `sldEnable`. The SDK then names the bucket in the Host and in the path. */

import * as checks from '../checks.js';
import { ADDRESSING } from '../context.js';
import { define } from '../suite.js';

const PART = 100 * 1024;

define('addressing', 'ip-and-path: the life of a bucket, from an empty server on', async (context) => {
  const bucket = context.bucketName('ip-and-path');
  const client = context.client(bucket, ADDRESSING['ip-and-path'](context.settings));
  await checks.fails(() => client.list(), { status: 404, code: 'NoSuchBucket' });
  checks.equal((await client.putBucket(bucket)).res.status, 200);
  checks.equal((await client.getBucketInfo(bucket)).bucket.Name, bucket);
  checks.equal((await client.list()).objects ?? [], []);

  for (const key of ['a b+c', 'folder/中文', 'c']) await client.put(key, Buffer.from('hello'));
  checks.equal((await client.get('folder/中文')).content.toString(), 'hello');
  checks.equal((await client.head('a b+c')).status, 200);
  checks.equal((await client.copy('copied', 'c')).res.status, 200);
  const names = (await client.list({ 'max-keys': 1000 })).objects.map((object) => object.name);
  checks.equal(names, ['a b+c', 'c', 'copied', 'folder/中文']);
  checks.equal((await client.listV2({ prefix: 'folder/' })).objects.length, 1);

  const { uploadId } = await client.initMultipartUpload('begun');
  await client.uploadPart('begun', uploadId, 1, Buffer.alloc(PART, 'x'), 0, PART);
  const { uploads } = await client.listUploads({ 'max-uploads': 10 });
  checks.equal(
    uploads.map((upload) => [upload.name, upload.uploadId]),
    [['begun', uploadId]],
  );
  // The SDK makes no list of one.
  checks.equal((await client.listParts('begun', uploadId)).parts.PartNumber, '1');
  checks.equal((await client.abortMultipartUpload('begun', uploadId)).res.status, 204);
  const whole = await client.multipartUpload('parts', Buffer.alloc(2 * PART + 1, 'x'), { partSize: PART });
  checks.equal(whole.res.status, 200);
  checks.equal((await client.get('parts')).content.length, 2 * PART + 1);

  await checks.fails(() => client.deleteBucket(bucket), { status: 409, code: 'BucketNotEmpty' });
  const { deleted } = await client.deleteMulti(['a b+c', 'folder/中文', 'c', 'copied', 'parts']);
  checks.equal(deleted.length, 5);
  checks.equal((await client.deleteBucket(bucket)).res.status, 204);
  await checks.fails(() => client.list(), { status: 404, code: 'NoSuchBucket' });
});
