// Talks to the console's API, with the token that proves this page to be the console.

/** Why a request was not done, in the server's words. */
export class Problem extends Error {
  constructor(status, error, message) {
    super(message);
    this.status = status;
    this.error = error;
  }
}

let csrf = null;
let onLoggedOut = () => {};

/** Calls back when the server no longer knows the session. */
export function whenLoggedOut(callback) {
  onLoggedOut = callback;
}

/** The session, if there is one. */
export async function currentSession() {
  return remember(await send('GET', '/api/session'));
}

/** Begins a session. */
export async function logIn(accessKeyId, accessKeySecret) {
  const document = { access_key_id: accessKeyId, access_key_secret: accessKeySecret };
  return remember(await send('POST', '/api/session', { document }));
}

/** Ends the session. */
export async function logOut() {
  await send('DELETE', '/api/session');
  csrf = null;
}

export const get = (path, parameters) => send('GET', path, { parameters });
export const post = (path, document, parameters) => send('POST', path, { document, parameters });
export const put = (path, document, parameters) => send('PUT', path, { document, parameters });
export const patch = (path, document, parameters) => send('PATCH', path, { document, parameters });
export const remove = (path, parameters) => send('DELETE', path, { parameters });

function remember(session) {
  csrf = session.csrf ?? null;
  return session;
}

async function send(method, path, { parameters, document } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const headers = {};
  if (csrf && method !== 'GET') headers['X-Ossicle-Csrf'] = csrf;
  if (document !== undefined) headers['Content-Type'] = 'application/json';
  const url = query.size ? `${path}?${query}` : path;
  const body = document === undefined ? undefined : JSON.stringify(document);
  let response;
  try {
    response = await fetch(url, { method, headers, body, credentials: 'same-origin' });
  } catch {
    throw new Problem(0, 'Unreachable', 'The server does not answer. Check that it runs, then try again.');
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const problem = new Problem(
    response.status,
    answer?.error ?? 'Unknown',
    answer?.message ?? `The server answered with status ${response.status}.`,
  );
  if (problem.error === 'NotLoggedIn') onLoggedOut();
  throw problem;
}
