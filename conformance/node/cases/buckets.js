/** Buckets: create, describe, list, delete. */

import * as checks from '../checks.js';
import { define } from '../suite.js';

define('PutBucket', 'made again by its owner, described, listed, deleted', async (context) => {
  const client = await context.makeBucket('life');
  const name = context.bucketName('life');
  checks.equal((await client.putBucket(name)).res.status, 200, 'made again');
  const { buckets } = await context.named().listBuckets({ prefix: name });
  checks.equal(
    buckets.map((bucket) => bucket.name),
    [name],
  );
  checks.equal((await client.deleteBucket(name)).res.status, 204);
  const missing = { status: 404, code: 'NoSuchBucket', ec: '0015-00000101' };
  await checks.fails(() => client.getBucketInfo(name), missing);
  await checks.fails(() => client.deleteBucket(name), missing);
});

define('GetBucketInfo', 'the fields that the suite of the SDK asserts', async (context) => {
  const { bucket } = await context.client().getBucketInfo(context.bucket);
  checks.equal(bucket.Name, context.bucket);
  checks.equal(bucket.Location, `oss-${context.settings.region}`);
  checks.equal(bucket.StorageClass, 'Standard');
  checks.equal(bucket.DataRedundancyType, 'LRS');
  checks.equal(bucket.AccessControlList.Grant, 'private');
  checks.equal(bucket.Owner.ID, bucket.Owner.DisplayName, 'both names of the owner');
  for (const name of ['CreationDate', 'ExtranetEndpoint', 'IntranetEndpoint']) {
    checks.truthy(bucket[name], `${name} is empty`);
  }
});

define('GetBucketLocation', 'names the region as OSS does', async (context) => {
  const { location } = await context.client().getBucketLocation(context.bucket);
  checks.equal(location, `oss-${context.settings.region}`);
});

define('GetBucketStat', 'counts objects, bytes and uploads', async (context) => {
  const client = await context.makeBucket('stat');
  for (const key of ['a', 'b', 'c']) await client.put(key, Buffer.from('12345'));
  await client.initMultipartUpload('d');
  const { stat } = await client.getBucketStat(context.bucketName('stat'));
  checks.equal([stat.ObjectCount, stat.Storage, stat.MultipartUploadCount], ['3', '15', '1']);
});

define('PutBucketAcl', 'round trip of the three values', async (context) => {
  const client = await context.makeBucket('acls', { acl: 'public-read' });
  const name = context.bucketName('acls');
  checks.equal((await client.getBucketACL(name)).acl, 'public-read', 'on creation');
  for (const acl of ['public-read-write', 'private', 'public-read']) {
    checks.equal((await client.putBucketACL(name, acl)).res.status, 200);
    checks.equal((await client.getBucketACL(name)).acl, acl);
  }
});

define('ListBuckets', 'prefix, pages and the fields of an entry', async (context) => {
  const names = ['a', 'b', 'c'].map((letter) => context.bucketName(`page-${letter}`));
  for (const letter of ['a', 'b', 'c']) await context.makeBucket(`page-${letter}`);
  const query = { prefix: context.bucketName('page-'), 'max-keys': 2 };
  const first = await context.named().listBuckets(query);
  checks.equal([first.buckets.length, first.isTruncated, first.nextMarker], [2, true, names[1]]);
  const second = await context.named().listBuckets({ ...query, marker: first.nextMarker });
  checks.equal(
    [...first.buckets, ...second.buckets].map((bucket) => bucket.name),
    names,
  );
  checks.equal(second.isTruncated, false);
  checks.equal(first.buckets[0].region, `oss-${context.settings.region}`);
  checks.equal(first.buckets[0].storageClass, 'Standard');
  checks.truthy(first.owner.id, 'owner');
});

define('DeleteBucket', 'not while it holds objects', async (context) => {
  const client = await context.makeBucket('full');
  const name = context.bucketName('full');
  await client.put('a', Buffer.from('a'));
  const message = 'The bucket has objects. Please delete them first.';
  await checks.fails(() => client.deleteBucket(name), { status: 409, code: 'BucketNotEmpty', message });
  await client.delete('a');
  checks.equal((await client.deleteBucket(name)).res.status, 204);
});
