/** Object keys in every spelling a client may choose. */

import * as checks from '../checks.js';
import { define } from '../suite.js';

const KEYS = [
  'folder/file.txt',
  'trailing/',
  'two//slashes///three',
  'a b c',
  'a+b',
  '100%',
  '%41%2F%2f',
  'what?is=this&that',
  '#fragment',
  'a#b',
  '中文/杭州.jpg',
  '😀.png',
  'é è ê',
  '.hidden',
  '..two-dots',
  '...',
  'a/.b/..c',
  "~tilde_-.!*'()",
  'a;b:c@d=e,f$g',
  '"quoted" <and> [bracketed] {braced} |piped| \\back ^caret `tick`',
  ' leading and trailing ',
  'x'.repeat(1023),
  '杭'.repeat(341),
];

define('PutObject', 'key spellings: put, get, head, list, delete', async (context) => {
  const client = await context.makeBucket('names');
  for (const key of KEYS) {
    await client.put(key, Buffer.from(key));
    checks.equal((await client.get(key)).content.toString(), key, `GET ${key}`);
    const length = String(Buffer.byteLength(key));
    checks.equal((await client.head(key)).res.headers['content-length'], length, `HEAD ${key}`);
  }
  const ordered = [...KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const list of [client.list.bind(client), client.listV2.bind(client)]) {
    const plain = await list({ 'max-keys': 1000 });
    checks.equal(
      plain.objects.map((object) => object.name),
      ordered,
      'all keys in byte order',
    );
    const encoded = await list({ 'max-keys': 1000, 'encoding-type': 'url' });
    checks.equal(
      encoded.objects.map((object) => decodeURIComponent(object.name)),
      ordered,
      'encoded',
    );
  }
  for (const key of KEYS) checks.equal((await client.delete(key)).res.status, 204, `DELETE ${key}`);
  checks.equal((await client.list()).objects, []);
});

define('PutObject', 'control characters in keys', async (context) => {
  const client = await context.makeBucket('control');
  const keys = ['line\nbreak', 'tab\tand\x01control', 'z\x02\x1f'];
  for (const key of keys) {
    await client.put(key, Buffer.from(key));
    checks.equal((await client.get(key)).content.toString(), key);
  }
  const listed = await client.listV2({ 'encoding-type': 'url' });
  checks.equal(
    listed.objects.map((object) => decodeURIComponent(object.name)),
    keys,
  );
});

define('PutObject', 'keys that are too long or start with a backslash', async (context) => {
  const client = context.client();
  for (const key of ['x'.repeat(1024), '杭'.repeat(342), '\\key']) {
    await checks.fails(() => client.put(key, Buffer.from('x')), { status: 400, code: 'InvalidObjectName' });
  }
});
