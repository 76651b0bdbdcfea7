/** ACLs of buckets and objects, and what somebody without a key may do. */

import * as checks from '../checks.js';
import { define } from '../suite.js';
import { exchange } from '../wire.js';

define('PutBucketAcl', 'effect on requests without a signature', async (context) => {
  const client = await context.makeBucket('anon');
  const name = context.bucketName('anon');
  await client.put('here', Buffer.from('text'));
  const rows = [
    ['private', 403, 403, 403],
    ['public-read', 200, 403, 200],
    ['public-read-write', 200, 200, 200],
  ];
  for (const [acl, read, write, list] of rows) {
    await client.putBucketACL(name, acl);
    const statuses = [
      (await exchange('GET', context.url(name, 'here'))).status,
      (await exchange('PUT', context.url(name, 'there'), {}, 'new')).status,
      (await exchange('GET', context.url(name))).status,
    ];
    checks.equal(statuses, [read, write, list], `read, write and list with ${acl}`);
  }
});

define('PutObjectAcl', 'overrules the bucket', async (context) => {
  const client = await context.makeBucket('objacl');
  const name = context.bucketName('objacl');
  await client.put('a', Buffer.from('text'));
  checks.equal((await client.getACL('a')).acl, 'default');
  const rows = [
    ['private', 'public-read', 200],
    ['private', 'default', 403],
    ['public-read', 'default', 200],
    ['public-read', 'private', 403],
  ];
  for (const [bucketAcl, acl, status] of rows) {
    await client.putBucketACL(name, bucketAcl);
    checks.equal((await client.putACL('a', acl)).res.status, 200);
    checks.equal((await client.getACL('a')).acl, acl);
    const answer = await exchange('GET', context.url(name, 'a'));
    checks.equal(answer.status, status, `anonymous read, bucket ${bucketAcl}, object ${acl}`);
  }
});
