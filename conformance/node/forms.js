/** The multipart/form-data body of a PostObject form, as a browser sends it: the file last. */

/** Returns the Content-Type and the bytes. */
export function formBody(fields, data, filename = 'local.txt', type = 'text/plain') {
  const boundary = '9431149156168';
  const pieces = Object.entries(fields).map(([name, value]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n`;
  pieces.push(Buffer.from(`${head}Content-Type: ${type}\r\n\r\n`), Buffer.from(data));
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(pieces) };
}
