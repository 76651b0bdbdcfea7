// The console: who is logged in, which view is open, and the way from one to the next.

import { currentSession, logOut, whenLoggedOut } from './api.js';
import { fill, h } from './dom.js';
import * as live from './live.js';
import { failure } from './parts.js';
import { current } from './router.js';
import { forgetSettings } from './settings.js';
import { accessView } from './view-access.js';
import { bucketAccessView } from './view-bucket-access.js';
import { bucketsView } from './view-buckets.js';
import { callbacksView } from './view-callbacks.js';
import { deliveryView } from './view-delivery.js';
import { identityView } from './view-identity.js';
import { logInView } from './view-log-in.js';
import { nodesView } from './view-nodes.js';
import { objectView } from './view-object.js';
import { objectsView } from './view-objects.js';
import { settingsView } from './view-settings.js';
import { uploadView } from './view-upload.js';

const PLACES = [['callbacks', 'Callbacks'], ['buckets', 'Buckets'], ['upload', 'Upload'], ['access', 'Access'], ['nodes', 'Nodes'], ['settings', 'Settings']];

const main = document.getElementById('main');
const bar = document.getElementById('bar');
let session = null;
let leave = null;
let reentered = 0;

function viewOf(place) {
  switch (place.view) {
    case 'callbacks': return place.rest.length > 0 ? deliveryView : callbacksView;
    case 'buckets': return [bucketsView, objectsView, bucketAccessView][Math.min(place.rest.length, 2)];
    case 'object': return objectView;
    case 'upload': return uploadView;
    case 'access': return place.rest.length > 1 ? identityView : accessView;
    case 'nodes': return nodesView;
    case 'settings': return settingsView;
    default: return callbacksView;
  }
}

function show(moveFocus) {
  if (!session) return;
  leave?.();
  const place = current();
  drawBar(place.view === 'object' ? 'buckets' : place.view);
  leave = viewOf(place)(main, place) ?? null;
  const name = PLACES.find(([view]) => view === place.view)?.[1];
  document.title = `${place.rest.at(place.view === 'access' ? -1 : 0) ?? name ?? 'Console'} · Ossicle`;
  window.scrollTo(0, 0);
  // Whoever does not see the page learns that it has changed.
  if (moveFocus) (main.querySelector('h1') ?? main).focus({ preventScroll: true });
}

function drawBar(view) {
  bar.hidden = false;
  fill(document.getElementById('nav'), PLACES.map(([name, label]) =>
    h('a', { href: `#/${name}`, 'aria-current': name === view ? 'page' : null }, label)));
  fill(document.getElementById('who'),
    h('span', { class: 'key', title: session.dev ? 'Whoever comes from this machine is let in' : 'Access key id' }, session.access_key_id),
    h('button', { type: 'button', class: 'small quiet', onclick: () => leaveSession() }, 'Log out'));
}

function enter(opened, moveFocus = true) {
  session = opened;
  live.connect(reenter);
  show(moveFocus);
}

/** The server no longer knows the session: it was started anew, or the session was idle for too long. */
async function reenter() {
  if (!session) return;
  // Without cookies every session would be forgotten at once.
  const hopeless = Date.now() - reentered < 5000;
  reentered = Date.now();
  try {
    const opened = hopeless ? { logged_in: false } : await currentSession();
    if (opened.logged_in) enter(opened, false);
    else askToLogIn('Your session has ended. Log in again.');
  } catch {
    setTimeout(reenter, 6000);
  }
}

async function leaveSession() {
  try {
    await logOut();
  } catch {
    // The session is forgotten here in any case; the server forgets it by itself.
  }
  askToLogIn('You are logged out.');
}

function askToLogIn(notice) {
  leave?.();
  leave = null;
  session = null;
  bar.hidden = true;
  live.disconnect();
  forgetSettings();
  document.title = 'Log in · Ossicle';
  logInView(main, enter, notice);
}

async function start() {
  try {
    const opened = await currentSession();
    if (opened.logged_in) enter(opened, false);
    else askToLogIn();
  } catch (problem) {
    fill(main, failure(problem, start));
  }
}

// The address names the view, so the link to the content must not change it.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
whenLoggedOut(reenter);
window.addEventListener('hashchange', () => show(true));
// A file dropped beside the list must not replace the page.
for (const name of ['dragover', 'drop']) window.addEventListener(name, (event) => event.preventDefault());
start();
