/** Users and roles of a run, and the SDK's own client of the Security Token Service. */

import { randomBytes } from 'node:crypto';

import OSS from 'ali-oss';

export const ACCOUNT = '1000000000000001';

/** A policy with one statement. */
export function allow(elements) {
  return { Version: '1', Statement: [{ Effect: 'Allow', ...elements }] };
}

/** Asks the console's API, as an administrator's script does. */
async function administer(settings, method, path, document) {
  const basic = Buffer.from(`${settings.accessKeyId}:${settings.accessKeySecret}`).toString('base64');
  const answer = await fetch(`${settings.console}/api/access/${path}`, {
    method,
    headers: { Authorization: `Basic ${basic}`, 'Content-Type': 'application/json' },
    body: document && JSON.stringify(document),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

let made;

/** A user who may assume a role that reads and writes objects. They are made once. */
export function people(settings) {
  made ??= makePeople(settings);
  return made;
}

async function makePeople(settings) {
  const mark = randomBytes(3).toString('hex');
  const [user, role] = [`app-${mark}`, `writer-${mark}`];
  await administer(settings, 'POST', 'users', { name: user });
  const trust = allow({
    Action: 'sts:AssumeRole',
    Principal: { RAM: [`acs:ram::${ACCOUNT}:user/${user}`] },
  });
  await administer(settings, 'POST', 'roles', { name: role, trust_policy: trust });
  const assume = allow({ Action: 'sts:AssumeRole', Resource: '*' });
  await administer(settings, 'PUT', `users/${user}/policies/assume`, { document: assume });
  const objects = allow({
    Action: ['oss:GetObject', 'oss:PutObject'],
    Resource: `acs:oss:*:*:${settings.bucketPrefix}-*`,
  });
  await administer(settings, 'PUT', `roles/${role}/policies/objects`, { document: objects });
  const key = await administer(settings, 'POST', `keys?user=${user}`);
  return { key, role: `acs:ram::${ACCOUNT}:role/${role}` };
}

/** The SDK's client of STS, for a key. */
export function stsOf(settings, { id, secret }) {
  return new OSS.STS({ accessKeyId: id, accessKeySecret: secret, endpoint: settings.sts });
}

/** Credentials of a session, as the SDK tells them. */
export async function assumeRole(settings, policy) {
  const { key, role } = await people(settings);
  const { credentials } = await stsOf(settings, key).assumeRole(role, policy, 900, 'alice');
  return credentials;
}

/** The options of an OSS client with these credentials; the last two silence a warning about tokens that are not renewed. */
export function optionsOf({ AccessKeyId, AccessKeySecret, SecurityToken }) {
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    stsToken: SecurityToken,
    refreshSTSToken: async () => null,
    refreshSTSTokenInterval: 1e9,
  };
}
