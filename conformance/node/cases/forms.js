/** PostObject with policies that the SDK signs. */

import * as checks from '../checks.js';
import { OK, check, refusedUrl } from '../application.js';
import { encode, quote } from '../context.js';
import { formBody } from '../forms.js';
import { define } from '../suite.js';
import { exchange } from '../wire.js';

/** The signed fields of a form. */
function sign(context, conditions, seconds = 600) {
  const client = context.client();
  const expiration = new Date(Date.now() + seconds * 1000).toISOString();
  if (context.version === 'v1') return client.calculatePostSignature({ expiration, conditions });
  const now = new Date();
  const moment = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const { accessKeyId, region } = context.settings;
  const signed = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${accessKeyId}/${moment.slice(0, 8)}/${region}/oss/aliyun_v4_request`,
    'x-oss-date': moment,
  };
  const more = Object.entries(signed).map(([name, value]) => ({ [name]: value }));
  const policy = { expiration, conditions: [...conditions, ...more] };
  const signature = client.signPostObjectPolicyV4(policy, now);
  return {
    ...signed,
    policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'x-oss-signature': signature,
  };
}

function post(context, fields, data = 'hello', filename = undefined) {
  const { type, body } = formBody(fields, data, filename);
  return exchange('POST', context.url(context.bucket), { 'Content-Type': type }, body);
}

define('PostObject', 'a signed form', async (context) => {
  const key = context.key('/a b+中.txt');
  const signed = sign(context, [{ bucket: context.bucket }, ['starts-with', '$key', 'case-']]);
  const answer = await post(context, { key, ...signed, 'x-oss-meta-one': '1' });
  checks.equal([answer.status, answer.body.toString()], [204, '']);
  const found = await context.client().get(key);
  checks.equal([found.content.toString(), found.res.headers['x-oss-meta-one']], ['hello', '1']);
  checks.equal(found.res.headers['content-type'], 'text/plain');
});

define('PostObject', 'success_action_status, success_action_redirect, ${filename}', async (context) => {
  const signed = sign(context, [['content-length-range', 0, 100]]);
  for (const [wanted, status] of [
    ['200', 200],
    ['201', 201],
    ['', 204],
  ]) {
    const key = `${context.key('/')}\${filename}`;
    const answer = await post(context, { key, success_action_status: wanted, ...signed }, 'hello', 'x y.txt');
    checks.equal(answer.status, status, `success_action_status ${wanted}`);
    const name = key.replace('${filename}', 'x y.txt');
    checks.equal((await context.client().get(name)).content.toString(), 'hello');
    if (status === 201) checks.contains(answer.body.toString(), `<Key>${name}</Key>`);
  }
  const redirect = 'http://127.0.0.1:1/done';
  const answer = await post(context, { key: context.key(), success_action_redirect: redirect, ...signed });
  checks.equal(answer.status, 303);
  checks.truthy(answer.headers.location.startsWith(`${redirect}?`), `Location ${answer.headers.location}`);
});

define('PostObject', 'policies that do not fit', async (context) => {
  const key = context.key();
  const rows = [
    [['eq', '$key', 'other'], 600],
    [['content-length-range', 6, 10], 600],
    [['content-length-range', 0, 4], 600],
    [{ bucket: 'another' }, 600],
    [['starts-with', '$key', ''], -60],
  ];
  for (const [condition, seconds] of rows) {
    const answer = await post(context, { key, ...sign(context, [condition], seconds) });
    checks.contains([400, 403], answer.status, `${checks.short(condition)} ${seconds}`);
  }
  const signed = sign(context, []);
  const name = context.version === 'v1' ? 'Signature' : 'x-oss-signature';
  const forged = await post(context, {
    key,
    ...signed,
    [name]: signed[name].replace(/^./, (char) => (char === '0' ? '1' : '0')),
  });
  checks.equal(forged.status, 403, 'a forged signature');
  checks.equal((await post(context, { key })).status, 403, 'no policy');
  await checks.fails(() => context.client().head(key), { status: 404, code: 'NoSuchKey' });
});

define('PostObject', 'callback with form fields for the variables', async (context) => {
  const target = context.application.target();
  const key = context.key('/中 文.txt');
  const callbackBody = 'o=${object}&s=${size}&op=${operation}&md5=${contentMd5}&v=${x:var1}';
  const answer = await post(context, {
    key,
    ...sign(context, [{ bucket: context.bucket }]),
    callback: encode({ callbackUrl: target.url, callbackBody }),
    'x:var1': 'value 1&2',
    success_action_status: '201',
  });
  checks.equal([answer.status, answer.body.toString()], [200, OK]);
  const body = `o=${quote(key)}&s=5&op=PostObject&md5=XUFAKrxLKna5cZ2REBfFkg%3D%3D&v=value%201%262`;
  const requestId = answer.headers['x-oss-request-id'];
  check(await target.take(), { body, bucket: context.bucket, requestId }, context.application);
});

define('PostObject', 'failing callback', async (context) => {
  const key = context.key();
  const callback = encode({ callbackUrl: await refusedUrl(), callbackBody: 'a=b' });
  const answer = await post(context, { key, ...sign(context, [{ bucket: context.bucket }]), callback });
  checks.equal(answer.status, 203);
  checks.contains(answer.body.toString(), '<Message>Error status : 502.</Message>');
  checks.equal((await context.client().get(key)).content.toString(), 'hello');
});
