/** CORS rules as the SDK sends and reads them, and a preflight. */

import * as checks from '../checks.js';
import { define } from '../suite.js';
import { exchange } from '../wire.js';

const RULES = [
  {
    allowedOrigin: ['http://a.example', 'http://b.example'],
    allowedMethod: ['PUT', 'POST'],
    allowedHeader: ['x-oss-meta-one', 'content-type'],
    exposeHeader: ['ETag', 'x-oss-request-id'],
    maxAgeSeconds: '500',
  },
  { allowedOrigin: '*', allowedMethod: 'GET' },
];

define('PutBucketCors', 'round trip, delete', async (context) => {
  const client = await context.makeBucket('cors');
  const name = context.bucketName('cors');
  const none = { status: 404, code: 'NoSuchCORSConfiguration' };
  await checks.fails(() => client.getBucketCORS(name), none);
  checks.equal((await client.putBucketCORS(name, RULES)).res.status, 200);
  checks.equal((await client.getBucketCORS(name)).rules, RULES);
  checks.equal((await client.deleteBucketCORS(name)).res.status, 204);
  await checks.fails(() => client.getBucketCORS(name), none);
});

define('OptionObject', 'preflight and the upload after it', async (context) => {
  const client = await context.makeBucket('preflight', { acl: 'public-read-write' });
  const name = context.bucketName('preflight');
  const preflight = (origin, method) =>
    exchange('OPTIONS', context.url(name, 'k'), {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'x-oss-meta-one',
    });
  checks.equal((await preflight('http://a.example', 'PUT')).status, 403, 'without rules');
  await client.putBucketCORS(name, RULES);
  const allowed = await preflight('http://a.example', 'PUT');
  checks.equal([allowed.status, allowed.headers['access-control-allow-origin']], [200, 'http://a.example']);
  checks.equal((await preflight('http://c.example', 'PUT')).status, 403, 'another origin');
  const written = await exchange('PUT', context.url(name, 'k'), { Origin: 'http://b.example' }, 'x');
  checks.equal([written.status, written.headers['access-control-allow-origin']], [200, 'http://b.example']);
});
