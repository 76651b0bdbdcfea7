/** Requests the SDK does not send: anonymous ones, presigned URLs in a browser's hands, form uploads. */

import dns from 'node:dns';
import http from 'node:http';

/** Sends one request exactly as given; follows no redirect. */
export function exchange(method, url, headers = {}, body = undefined) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(
      url,
      { method, headers: { ...length, ...headers }, agent: false },
      (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(pieces),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Makes `*.localhost` and `*.aliyuncs.com` this machine, so that virtual hosts need no DNS server. */
export function resolveNamesToLoopback() {
  const system = dns.lookup;
  dns.lookup = function lookup(host, options, callback) {
    const ours = /(^|\.)(localhost|aliyuncs\.com)$/.test(host);
    return system.call(dns, ours ? '127.0.0.1' : host, options, callback);
  };
}
