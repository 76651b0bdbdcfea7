/** Every way in which the SDK can name a bucket. Names resolve to this machine, see wire.js. */

import * as checks from '../checks.js';
import { ADDRESSING } from '../context.js';
import { define } from '../suite.js';

for (const [kind, options] of Object.entries(ADDRESSING)) {
  define(
    'addressing',
    `${kind}: ${kind === 'ip' ? 'a foreign Host and no bucket in the path' : 'round trip'}`,
    async (context) => {
      const client = context.client(context.bucket, { sldEnable: false, ...options(context.settings) });
      const plain = context.client();
      for (const key of [context.key('/a b+c'), context.key('//中文%2F?')]) {
        await client.put(key, Buffer.from('hello'));
        checks.equal((await plain.get(key)).content.toString(), 'hello', 'through the other address');
        checks.equal(
          (await client.list({ prefix: key })).objects.map((object) => object.name),
          [key],
        );
        checks.equal((await client.delete(key)).res.status, 204);
        await checks.fails(() => client.get(key), { status: 404, code: 'NoSuchKey' });
      }
    },
  );
}
