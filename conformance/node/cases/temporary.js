/** Temporary credentials: `OSS.STS`, and clients with what it gives. */

import * as checks from '../checks.js';
import { ACCOUNT, allow, assumeRole, optionsOf, people, stsOf } from '../sts.js';
import { define } from '../suite.js';
import { exchange } from '../wire.js';

/** Fails unless STS refuses the call so; its errors have no name of their own. */
async function refused(run, status, code) {
  const error = await checks.raises(run, code);
  checks.equal([error.status, error.code], [status, code], error.message);
  checks.requestId(error.requestId);
}

define('temporary credentials', 'AssumeRole by OSS.STS', async (context) => {
  const { settings } = context;
  const { key, role } = await people(settings);
  const { credentials, res } = await stsOf(settings, key).assumeRole(role, '', 900, 'alice@example.com');
  checks.equal(res.status, 200);
  checks.matches(credentials.AccessKeyId, /^STS\./);
  const left = Date.parse(credentials.Expiration) - Date.now();
  checks.truthy(left > 840e3 && left <= 901e3, `valid for ${left} ms`);
  const root = stsOf(settings, { id: settings.accessKeyId, secret: settings.accessKeySecret });
  await refused(() => root.assumeRole(role, '', 900, 'alice'), 403, 'NoPermission');
  const app = stsOf(settings, key);
  const none = `acs:ram::${ACCOUNT}:role/nobodys`;
  await refused(() => app.assumeRole(none, '', 900, 'alice'), 404, 'EntityNotExist.Role');
  await refused(() => app.assumeRole(role, '', 60, 'alice'), 400, 'InvalidParameter.DurationSeconds');
  await refused(() => app.assumeRole(role, '{}', 900, 'alice'), 400, 'InvalidParameter.PolicyGrammar');
  const wrong = stsOf(settings, { ...key, secret: 'not-the-secret' });
  await refused(() => wrong.assumeRole(role, '', 900, 'alice'), 400, 'SignatureDoesNotMatch');
});

define('temporary credentials', 'what the role allows', async (context) => {
  const client = context.client(context.bucket, optionsOf(await assumeRole(context.settings)));
  const key = context.key();
  checks.equal((await client.put(key, Buffer.from('content'))).res.status, 200);
  checks.equal((await client.get(key)).content.toString(), 'content');
  await checks.fails(() => client.delete(key), { status: 403, code: 'AccessDenied' });
  await checks.fails(() => client.putACL(key, 'public-read'), { status: 403, code: 'AccessDenied' });
});

define('temporary credentials', 'a session policy narrows the role', async (context) => {
  const key = context.key();
  const policy = allow({
    Action: ['oss:GetObject', 'oss:DeleteObject'],
    Resource: [`acs:oss:*:*:${context.bucket}/${key}`],
  });
  const client = context.client(context.bucket, optionsOf(await assumeRole(context.settings, policy)));
  await context.client().put(key, Buffer.from('content'));
  checks.equal((await client.get(key)).content.toString(), 'content');
  await checks.fails(() => client.put(key, Buffer.from('x')), { status: 403, code: 'AccessDenied' });
  await checks.fails(() => client.delete(key), { status: 403, code: 'AccessDenied' });
});

define('temporary credentials', 'a presigned URL', async (context) => {
  const credentials = await assumeRole(context.settings);
  const key = context.key();
  await context.client().put(key, Buffer.from('content'));
  const client = context.named(context.bucket, optionsOf(credentials));
  const url =
    context.version === 'v4' ? await client.signatureUrlV4('GET', 600, { headers: {}, queries: {} }, key) : client.signatureUrl(key);
  checks.contains(url, 'security-token=');
  const answer = await exchange('GET', url);
  checks.equal([answer.status, answer.body.toString()], [200, 'content']);
  const bogus = url.replace(/security-token=[^&]*/, 'security-token=bogus');
  checks.equal((await exchange('GET', bogus)).status, 403);
});

define('temporary credentials', 'a token that does not fit', async (context) => {
  const [one, two] = [await assumeRole(context.settings), await assumeRole(context.settings)];
  const options = optionsOf({ ...one, SecurityToken: two.SecurityToken });
  const invalid = { status: 403, code: 'InvalidSecurityToken', ec: '0002-00000006' };
  await checks.fails(() => context.client(context.bucket, options).get('k'), invalid);
});
