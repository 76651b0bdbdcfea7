// A small application server for callbacks, which can be told how to misbehave, and a page of a stranger.

import { createServer } from 'node:http';

const GOOD = { status: 200, body: '{"Status":"OK"}' };

/** Starts it on a free port of this machine. */
export async function startApplicationServer() {
  const seen = [];
  let behaviour = GOOD;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end('<!doctype html><title>Stranger</title><p>A page of a stranger.</p>');
      return;
    }
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      seen.push({ path: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() });
      const { status, body, type = 'application/json' } = behaviour;
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: `${origin}/callback`,
    seen,
    answer: (next) => { behaviour = next; },
    reset: () => { behaviour = GOOD; seen.length = 0; },
    close: () => server.close(),
  };
}
