/** ListObjects and ListObjectsV2. */

import * as checks from '../checks.js';
import { define } from '../suite.js';

const KEYS = ['a/1', 'a/2', 'a/b/3', 'b', 'c d/4', 'c+d/5', '中文/6'];

async function filled(context, purpose) {
  const client = await context.makeBucket(purpose);
  for (const key of KEYS) await client.put(key, Buffer.from('x'));
  return client;
}

define('ListObjects', 'prefix and delimiter', async (context) => {
  const client = await filled(context, 'listed');
  const rows = [
    [{}, KEYS, null],
    [{ prefix: 'a/' }, ['a/1', 'a/2', 'a/b/3'], null],
    [{ delimiter: '/' }, ['b'], ['a/', 'c d/', 'c+d/', '中文/']],
    [{ prefix: 'a/', delimiter: '/' }, ['a/1', 'a/2'], ['a/b/']],
    [{ prefix: 'nothing', delimiter: '/' }, [], null],
  ];
  for (const [query, keys, prefixes] of rows) {
    for (const list of ['list', 'listV2']) {
      const page = await client[list]({ ...query });
      const found = [page.objects.map((object) => object.name), page.prefixes, page.isTruncated];
      checks.equal(found, [keys, prefixes, false], `${list} ${checks.short(query)}`);
    }
  }
});

define('ListObjects', 'pages by marker and by token', async (context) => {
  const client = await filled(context, 'paged');
  for (const size of [1, 2, 3, 100]) {
    let seen = [];
    for (let marker = ''; marker !== null;) {
      const page = await client.list({ 'max-keys': size, marker });
      seen = seen.concat(page.objects.map((object) => object.name));
      marker = page.isTruncated ? page.nextMarker : null;
    }
    checks.equal(seen, KEYS, `pages of ${size} by marker`);
    seen = [];
    for (let token = ''; token !== null;) {
      const page = await client.listV2({ 'max-keys': size, 'continuation-token': token });
      checks.equal(page.keyCount, page.objects.length, 'KeyCount');
      seen = seen.concat(page.objects.map((object) => object.name));
      token = page.isTruncated ? page.nextContinuationToken : null;
    }
    checks.equal(seen, KEYS, `pages of ${size} by token`);
  }
  const after = await client.listV2({ 'start-after': 'a/2' });
  checks.equal(after.objects[0].name, 'a/b/3', 'start-after');
});

define('ListObjects', 'what an entry says', async (context) => {
  const client = await context.makeBucket('entry');
  await client.put('k', Buffer.from('hello'));
  const [entry] = (await client.list()).objects;
  checks.equal([entry.size, entry.type, entry.storageClass], [5, 'Normal', 'Standard']);
  checks.equal(entry.etag, '"5D41402ABC4B2A76B9719D911017C592"');
  checks.matches(entry.lastModified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/, 'date');
  checks.truthy(entry.owner.id && entry.owner.displayName, 'owner');
  const modified = (await client.head('k')).res.headers['last-modified'];
  checks.equal(Date.parse(entry.lastModified), Date.parse(modified), 'the date of HEAD');
  checks.equal((await client.listV2()).objects[0].owner, null, 'no owner in version 2');
  checks.truthy((await client.listV2({ 'fetch-owner': true })).objects[0].owner.id, 'owner when asked for');
});
