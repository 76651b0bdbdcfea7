// Access: users with keys and policies, a bucket's policy and ACL, and who can use an object.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { api, ensureBucket, enter, put } from '../browser.js';
import { define, eventually } from '../case.js';

const unique = (name) => `${name}-${Date.now().toString(36)}`;

/** Sends a request with an access key, signed in the URL. */
async function signed(settings, { id, secret }, method, key, content) {
  const expires = Math.floor(Date.now() / 1000) + 600;
  const type = content === undefined ? '' : 'text/plain';
  const signature = createHmac('sha1', secret).update(`${method}\n\n${type}\n${expires}\n/${settings.bucket}/${key}`).digest('base64');
  const query = new URLSearchParams({ OSSAccessKeyId: id, Expires: String(expires), Signature: signature });
  const response = await fetch(`${settings.endpoint}/${settings.bucket}/${key}?${query}`, {
    method, body: content, headers: type ? { 'Content-Type': type } : {},
  });
  return { status: response.status, text: await response.text() };
}

/** Makes a user with a key and perhaps a policy, without the page. */
async function makeUser(settings, name, policy) {
  assert.equal((await api(settings, 'POST', '/api/access/users', { name })).status, 200);
  const { body } = await api(settings, 'POST', `/api/access/keys?user=${name}`, {});
  if (policy) assert.equal((await api(settings, 'PUT', `/api/access/users/${name}/policies/p`, { document: policy })).status, 200);
  return { id: body.id, secret: body.secret };
}

const statement = (effect, action, resource, rest) => ({ Effect: effect, Action: action, Resource: resource, ...rest });
const policyOf = (...statements) => ({ Version: '1', Statement: statements });
const text = (policy) => JSON.stringify(policy, null, 2);

define('access/a user, its key and its policy decide what an upload may do', async ({ page, settings }) => {
  await ensureBucket(settings);
  const name = unique('alice');
  await enter(page, settings, '#/access');
  await page.getByText('New user').click();
  await page.getByLabel('Name of the user').fill(name);
  await page.getByRole('button', { name: 'Create user' }).click();
  await page.getByRole('heading', { name }).waitFor();

  await page.getByRole('button', { name: 'New access key' }).click();
  const dialog = page.getByRole('dialog');
  const key = {
    id: await dialog.getByLabel('Access key id', { exact: true }).inputValue(),
    secret: await dialog.getByLabel('Access key secret', { exact: true }).inputValue(),
  };
  await dialog.getByRole('button', { name: 'Copy the access key secret' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key.secret);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('cell', { name: key.id, exact: true }).waitFor();
  const holdsSecret = () => page.evaluate((secret) => document.documentElement.outerHTML.includes(secret)
    || [...document.querySelectorAll('input, textarea')].some((input) => input.value.includes(secret)), key.secret);
  assert.ok(!await holdsSecret(), 'the secret leaves the page with the dialog');
  await page.reload();
  await page.getByRole('cell', { name: key.id, exact: true }).waitFor();
  assert.ok(!await holdsSecret(), 'and does not come back');
  const { body } = await api(settings, 'GET', `/api/access/keys/${key.id}`);
  assert.equal(body.secret, undefined);

  assert.equal((await signed(settings, key, 'PUT', 'inbox/a.txt', 'x')).status, 403);
  await page.getByText('New policy').click();
  await page.getByLabel('Name of the policy').fill('inbox');
  await page.getByLabel('Document').fill(text(policyOf(statement('Allow', ['oss:PutObject'], [`acs:oss:*:*:${settings.bucket}/inbox/*`]))));
  await page.getByRole('button', { name: 'Add policy' }).click();
  await page.getByText('Saved the policy inbox.').waitFor();
  await eventually('the policy counts', async () => (await signed(settings, key, 'PUT', 'inbox/a.txt', 'x')).status === 200, 10);
  assert.equal((await signed(settings, key, 'PUT', 'elsewhere/a.txt', 'x')).status, 403);
  assert.equal((await signed(settings, key, 'GET', 'inbox/a.txt')).status, 403);

  await page.getByRole('button', { name: `Disable the key ${key.id}` }).click();
  await page.getByRole('button', { name: `Enable the key ${key.id}` }).waitFor();
  await eventually('the disabled key is refused', async () => (await signed(settings, key, 'PUT', 'inbox/a.txt', 'x')).text.includes('InvalidAccessKeyId'), 10);
  await page.getByRole('button', { name: `Delete the key ${key.id}` }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No access keys.').waitFor();

  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText(`Deleted the user ${name}.`).waitFor();
  assert.equal((await api(settings, 'GET', `/api/access/users/${name}`)).status, 404);
});

define('access/a key that is rotated goes on for its grace time', async ({ page, settings }) => {
  await ensureBucket(settings);
  const name = unique('rotated');
  const old = await makeUser(settings, name, policyOf(statement('Allow', ['oss:*'], ['*'])));
  const { body: { account } } = await api(settings, 'GET', `/api/access/users/${name}`);
  await enter(page, settings, `#/access/${account}/users/${name}`);
  await page.getByRole('button', { name: `Rotate the key ${old.id}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('The old key goes on').selectOption({ label: 'for an hour' });
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  const secret = await dialog.getByLabel('Access key secret', { exact: true }).inputValue();
  const id = await dialog.getByLabel('Access key id', { exact: true }).inputValue();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('row').filter({ hasText: old.id }).getByText('Active until').waitFor();
  for (const key of [old, { id, secret }]) assert.equal((await signed(settings, key, 'PUT', 'rotated.txt', 'x')).status, 200, key.id);
});

define('access/a mistake in a policy is told beside it, with its statement', async ({ page, settings }) => {
  const name = unique('mistaken');
  await makeUser(settings, name);
  const { body: { account } } = await api(settings, 'GET', `/api/access/users/${name}`);
  await enter(page, settings, `#/access/${account}/users/${name}`);
  await page.getByText('New policy').click();
  const document = page.getByLabel('Document');
  await page.getByLabel('Name of the policy').fill('mistake');
  const right = statement('Allow', ['oss:GetObject'], ['acs:oss:*:*:a/*']);
  await document.fill(text(policyOf(right, { ...right, Effect: 'Perhaps' })));
  await page.getByRole('button', { name: 'Add policy' }).click();
  await page.getByRole('alert').getByText('Statement 2: Effect').waitFor();
  const selected = await document.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.equal(JSON.parse(selected).Effect, 'Perhaps', 'the statement is selected');
  assert.deepEqual((await api(settings, 'GET', `/api/access/users/${name}/policies`)).body.policies, []);
  await document.fill('{ no');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByRole('alert').getByText('is not valid JSON').waitFor();
  await document.fill(text(policyOf(right)));
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('The server takes this policy.').waitFor();
  await page.getByText('Allows oss:GetObject on acs:oss:*:*:a/*.').waitFor();
});

define('access/a role says who may assume it', async ({ page, settings }) => {
  const name = unique('reader');
  await enter(page, settings, '#/access');
  await page.getByText('New role').click();
  await page.getByLabel('Name of the role').fill(name);
  await page.getByRole('button', { name: 'Create role' }).click();
  await page.getByRole('heading', { name }).waitFor();
  await page.getByLabel('Longest session, in seconds').fill('7200');
  await page.getByRole('button', { name: 'Save the longest session' }).click();
  await page.getByText('Saved.', { exact: true }).waitFor();
  const { body } = await api(settings, 'GET', `/api/access/roles/${name}`);
  assert.equal(body.max_session_s, 7200);
  assert.match(body.trust_policy, /acs:ram::\d+:root/);
});

define('access/accounts are made, disabled and deleted', async ({ page, settings }) => {
  const name = unique('partner');
  await enter(page, settings, '#/access');
  await page.getByText('New account').click();
  await page.getByLabel('Name of the account').fill(name);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name }).waitFor();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByRole('button', { name: 'Enable', exact: true }).waitFor();
  await page.getByRole('link', { name: '← Access' }).click();
  await page.getByRole('row').filter({ hasText: name }).getByText('Disabled').waitFor();
  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText(`Deleted the account ${name}.`).waitFor();
});

define('access/a denied request tells whoever administers why', async ({ page, settings }) => {
  await ensureBucket(settings);
  const deny = statement('Deny', ['oss:PutObject'], [`acs:oss:*:*:${settings.bucket}/*`], { Sid: 'no-uploads' });
  const key = await makeUser(settings, unique('denied'), policyOf(deny));
  const answer = await signed(settings, key, 'PUT', 'denied.txt', 'x');
  const [, message] = answer.text.match(/<EncodedDiagnosticMessage>([^<]+)</);
  await enter(page, settings, '#/access');
  await page.getByLabel('Diagnostic message').fill(message);
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByText('statement 1 (no-uploads) of the RAM policy p').waitFor();
  await page.getByLabel('Diagnostic message').fill('none');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByRole('region', { name: 'Denied requests' }).getByRole('alert').waitFor();
});

define('access/names, comments and policies stay text', async ({ page, settings }) => {
  await ensureBucket(settings);
  const name = unique('evil');
  const evil = '<img src=x onerror="window.evil=1">';
  await makeUser(settings, name, policyOf(statement('Allow', ['oss:GetObject'], [`acs:oss:*:*:a/${evil}`], { Sid: evil })));
  const { body: { account } } = await api(settings, 'PATCH', `/api/access/users/${name}`, { comment: evil });
  await enter(page, settings, '#/access');
  await page.getByRole('row').filter({ hasText: name }).getByText(evil).waitFor();
  await page.goto(`${settings.console}/#/access/${account}/users/${name}`);
  await page.getByText('p', { exact: true }).click();
  await page.getByText(`acs:oss:*:*:a/${evil}`).first().waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(await page.evaluate(() => window.evil), undefined);
});

define("access/a bucket's policy is refused while wrong, and counts when right", async ({ page, settings }) => {
  await ensureBucket(settings);
  const name = unique('guest');
  const key = await makeUser(settings, name);
  const { body: { id } } = await api(settings, 'GET', `/api/access/users/${name}`);
  await put(settings, 'shared/a.txt', 'shared');
  await enter(page, settings, `#/buckets/${settings.bucket}`);
  await page.getByRole('link', { name: 'Access', exact: true }).last().click();
  await page.getByRole('heading', { name: `Access to ${settings.bucket}` }).waitFor();
  const document = page.getByLabel('Policy of the bucket');
  const grant = (bucket, principal) => text(policyOf(statement('Allow', ['oss:GetObject'], [`acs:oss:*:*:${bucket}/shared/*`], { Principal: [principal] })));
  await document.fill(grant('another-bucket', id));
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByRole('alert').getByText(`does not name the bucket ${settings.bucket}`).waitFor();
  assert.equal((await signed(settings, key, 'GET', 'shared/a.txt')).status, 403);
  await document.fill(grant(settings.bucket, id));
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('Saved the policy.').waitFor();
  assert.equal((await signed(settings, key, 'GET', 'shared/a.txt')).text, 'shared');
  assert.equal((await fetch(`${settings.endpoint}/${settings.bucket}/shared/a.txt`)).status, 403);

  await page.getByLabel('Policy of the bucket').fill(grant(settings.bucket, '*'));
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('The policy is public: it gives everybody a right.').waitFor();
  assert.equal((await fetch(`${settings.endpoint}/${settings.bucket}/shared/a.txt`)).status, 200);
  await page.goto(`${settings.console}/#/buckets`);
  await page.getByRole('row').filter({ hasText: settings.bucket }).getByText('Public policy').waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Delete policy' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Deleted the policy.').waitFor();
  assert.equal((await fetch(`${settings.endpoint}/${settings.bucket}/shared/a.txt`)).status, 403);

  await page.getByLabel('Beside the owner').selectOption({ label: 'Everybody reads' });
  await page.getByRole('button', { name: 'Save ACL' }).click();
  await page.getByText('Saved the ACL.').waitFor();
  assert.equal((await fetch(`${settings.endpoint}/${settings.bucket}/shared/a.txt`)).status, 200);
  await page.getByLabel('Beside the owner').selectOption({ label: 'Private' });
  await page.getByRole('button', { name: 'Save ACL' }).click();
  await eventually('it is private again', async () => (await fetch(`${settings.endpoint}/${settings.bucket}/shared/a.txt`)).status === 403);
});

define('access/an object tells who can access it, and why', async ({ page, settings }) => {
  await ensureBucket(settings);
  const [writer, disabled] = [unique('writer'), unique('disabled')];
  const all = policyOf(statement('Allow', ['oss:PutObject'], [`acs:oss:*:*:${settings.bucket}/*`]));
  await makeUser(settings, writer, all);
  await makeUser(settings, disabled, all);
  await api(settings, 'PATCH', `/api/access/users/${disabled}`, { status: 'Disabled' });
  await put(settings, 'asked/about.txt', 'x');
  await enter(page, settings, `#/object?bucket=${settings.bucket}&key=asked%2Fabout.txt`);
  await page.getByText('Who can access this object').first().click();
  const row = (text) => page.getByRole('row').filter({ hasText: text });
  await row('Everybody, without a signature').getByText("the bucket's ACL private").first().waitFor();
  await row('Account').first().getByText('the account owns it').first().waitFor();
  assert.match(await row(writer).innerText(), /No\s+the bucket's ACL private\s+Yes\s+statement 1 of the RAM policy p/);
  assert.match(await row(disabled).innerText(), /No\s+disabled\s+No\s+disabled/);
});
