// The server's keys and settings, to read.

import { copyButton, fill, h } from './dom.js';
import { bytes, millis, number, seconds } from './format.js';
import { facts, failure, loading, title } from './parts.js';
import { forgetSettings, settings } from './settings.js';

/** Shows the view. */
export function settingsView(main) {
  let left = false;
  const load = async () => {
    forgetSettings();
    fill(main, title('Settings'), loading());
    try {
      const info = await settings();
      if (!left) fill(main, title('Settings', h('span', { class: 'hint' }, `Version ${info.version}`)), ...sections(info));
    } catch (problem) {
      if (!left) fill(main, title('Settings'), failure(problem, load));
    }
  };
  load();
  return () => { left = true; };
}

function sections(info) {
  const { callback, redelivery, storage, health } = info;
  return [
    health.state !== 'good' && h('p', { class: 'notice bad', role: 'alert' }, `The store takes no writes: ${health.reason ?? health.state}.`),
    section('For SDKs', null, facts([
      ['Endpoint', copied(info.endpoint, 'the endpoint')],
      ['Region', copied(info.region, 'the region')],
      ['Signatures for other regions', info.any_region ? 'accepted' : 'refused'],
      ['Access key id', copied(info.access_key_id, 'the access key id')],
      ['Secret', 'known to those who started the server; it is never shown'],
      ['Bucket host names', info.domains.length ? list(info.domains.map((domain) => `bucket.${domain}`)) : 'bucket.localhost'],
      ['Custom domains', info.custom_domains.length ? list(info.custom_domains) : null],
      ['TLS', info.tls ? 'on' : 'off'],
    ])),
    section('Callbacks', 'Application servers verify with the public key at this URL.', facts([
      ['Public key URL', copied(callback.public_key_url, 'the public key URL'), 'wide'],
      ['Public key', callback.key_file && h('a', { href: `/${callback.key_file}` }, callback.key_file)],
      ['Fingerprint', h('span', { class: 'code' }, callback.key_fingerprint), 'wide'],
      ['Private addresses', callback.allow_private ? 'allowed' : callback.allow_cidrs.length ? list(callback.allow_cidrs) : 'refused, as OSS does'],
      ['Time for one URL', millis(callback.timeout_ms)],
      ['Largest answer', bytes(callback.max_response_bytes)],
      ['At once', number(callback.max_in_flight)],
      ['Journal', `${callback.journal_days} days, at most ${number(callback.journal_max_records)} records`],
      ['Masked patterns', callback.masks ? String(callback.masks) : 'none'],
    ])),
    section('Redelivery', redelivery.enabled
      ? 'Failed callbacks are tried again in the background.'
      : 'Off, as in OSS: a failed callback is not tried again by itself. Turn it on with redelivery.enabled.',
    redelivery.enabled ? facts([
      ['Buckets', redelivery.buckets.length ? list(redelivery.buckets) : 'all'],
      ['First pause', millis(redelivery.first_delay_ms)],
      ['Longest pause', millis(redelivery.max_delay_ms)],
      ['Given up after', `${redelivery.max_attempts} attempts or ${redelivery.max_age_hours} hours`],
      ['At once to one server', number(redelivery.per_destination)],
      ['Rests after', `${redelivery.breaker_failures} failures in a row`],
    ]) : null),
    section('Storage', storage.durability === 'durable'
      ? 'A 200 means that the object survives a power loss.'
      : 'Relaxed: the last moments before a power loss may be gone.',
    facts([
      ['Folder', storage.data_dir && h('span', { class: 'code' }, storage.data_dir)],
      ['Durability', storage.durability],
      ['Changes since the start', number(storage.commands)],
      ['Syncs since the start', number(storage.commits)],
      ['Running for', seconds(info.uptime_s)],
    ])),
    h('p', { class: 'hint' }, 'Settings come from the configuration file, the environment and flags. ', h('code', null, 'ossicle config print'), ' lists them all.'),
  ];
}

function section(name, lead, ...rest) {
  return h('section', { class: 'panel' }, h('h2', null, name), lead && h('p', { class: 'lead' }, lead), ...rest);
}

function copied(text, what) {
  return h('span', { class: 'copied' }, h('span', { class: 'code' }, text), copyButton(text, what));
}

function list(items) {
  return items.map((item) => h('span', { class: 'code line' }, item));
}
