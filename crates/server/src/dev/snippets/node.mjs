import OSS from 'ali-oss';

const client = new OSS({
  region: 'oss-@region@',
  endpoint: '@endpoint@',
  accessKeyId: '@access_key_id@',
  accessKeySecret: '@access_key_secret@',
  bucket: '@bucket@',
});
const result = await client.put('from-node.txt', Buffer.from('Hello from Node.js'), {
  callback: {
    url: '@callback_url@',
    body: 'bucket=${bucket}&object=${object}&size=${size}&user=${x:user}',
    customValue: { user: 'node' },
  },
});
console.log(result.res.status, result.data);
