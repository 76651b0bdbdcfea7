// Deliveries as they end, over server-sent events. The browser reconnects by itself; the page shows whether it is.

const watchers = new Set();
let source = null;
let state = 'connecting';
let ended = null;

/** Watches: `watcher` gets `{ delivery }`, `{ missed }` or `{ state }`. Returns how to stop. */
export function watch(watcher) {
  watchers.add(watcher);
  watcher({ state });
  return () => watchers.delete(watcher);
}

/**
 * Begins to listen; `onEnd` is called when the server does not let this page listen any more.
 * A tab that nobody sees does not: browsers allow few connections to one server, and all tabs share them.
 */
export function connect(onEnd) {
  disconnect();
  ended = onEnd;
  if (document.hidden) {
    change('lost');
    return;
  }
  listen();
}

function listen() {
  source?.close();
  source = new EventSource('/api/events');
  source.addEventListener('open', () => {
    // What happened before is not told: views load anew.
    tell({ missed: 1 });
    change('live');
  });
  source.addEventListener('error', () => {
    // A server that is away is tried again by the browser. One that refuses has forgotten the session, or is full.
    const refused = source?.readyState === EventSource.CLOSED;
    change('lost');
    if (refused) setTimeout(() => ended?.(), 2000);
  });
  source.addEventListener('delivery', (event) => tell({ delivery: JSON.parse(event.data) }));
  source.addEventListener('lagged', (event) => tell({ missed: JSON.parse(event.data).missed }));
  source.addEventListener('bye', () => {
    source?.close();
    ended?.();
  });
}

/** Listens no more. */
export function disconnect() {
  source?.close();
  source = null;
  ended = null;
  change('connecting');
}

document.addEventListener('visibilitychange', () => {
  if (!ended) return;
  if (document.hidden) {
    source?.close();
    source = null;
    change('lost');
  } else {
    listen();
  }
});

function change(next) {
  if (state === next) return;
  state = next;
  tell({ state });
}

function tell(event) {
  for (const watcher of watchers) watcher(event);
}
