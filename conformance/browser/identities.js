// Users and roles of the account, made with the API of the console.

import assert from 'node:assert/strict';
import { api } from './browser.js';

/** The settings of an application server whose user may upload and assume a role; that role may do everything. */
export async function uploader(settings) {
  const name = `uploader-${Date.now().toString(36)}`;
  const ask = async (method, path, document) => {
    const { status, body } = await api(settings, method, `/api/access/${path}`, document);
    assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(body)}`);
    return body;
  };
  const policy = (action, more) => ({ Version: '1', Statement: [{ Effect: 'Allow', Action: action, ...more }] });
  const { account } = await ask('POST', 'users', { name });
  const trust = policy('sts:AssumeRole', { Principal: { RAM: [`acs:ram::${account}:root`] } });
  const { arn } = await ask('POST', 'roles', { name, trust_policy: trust });
  await ask('PUT', `roles/${name}/policies/everything`, { document: policy('oss:*', { Resource: '*' }) });
  await ask('PUT', `users/${name}/policies/hand-out`, { document: policy('sts:AssumeRole', { Resource: arn }) });
  const objects = `acs:oss:*:*:${settings.bucket}/*`;
  await ask('PUT', `users/${name}/policies/upload`, { document: policy('oss:PutObject', { Resource: objects }) });
  const key = await ask('POST', `keys?user=${name}`, {});
  return {
    OSS_ACCESS_KEY_ID: key.id, OSS_ACCESS_KEY_SECRET: key.secret, STS_ENDPOINT: settings.sts, STS_ROLE_ARN: arn,
  };
}
