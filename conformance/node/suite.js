/** Collects cases and runs them: one line per case, a count at the end. */

const CASES = [];

/** Registers a case. */
export function define(operation, title, run) {
  CASES.push({ operation, title, run });
}

/** Prints results and counts them. */
export class Report {
  #passed = 0;
  #failed = 0;
  #pattern;

  constructor(pattern = '') {
    this.#pattern = pattern;
  }

  /** Runs one case and prints its line. */
  async run(name, run, { always = false } = {}) {
    if (!always && !name.includes(this.#pattern)) return;
    try {
      await run();
      this.#passed += 1;
      console.log(`ok ${name}`);
    } catch (error) {
      this.#failed += 1;
      console.log(`FAILED ${name}: ${oneLine(error)}`);
      if (process.env.OSSICLE_CONFORMANCE_TRACE) console.error(error);
    }
  }

  /** Prints the count and returns the exit status. */
  finish() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed > 0 || this.#passed === 0 ? 1 : 0;
  }
}

/** Runs every case in a bucket made for this variant of the SDK. */
export async function runAll(report, context) {
  await report.run(
    `${context.name}/PutBucket/the bucket of all other cases`,
    () => context.makeBucket('main'),
    { always: true },
  );
  for (const { operation, title, run } of CASES) {
    await report.run(`${context.name}/${operation}/${title}`, () => run(context));
  }
  await report.run(`${context.name}/DeleteBucket/every bucket of the run`, () => removeBuckets(context), {
    always: true,
  });
}

async function removeBuckets(context) {
  const { buckets } = await context.named().listBuckets({ prefix: context.bucketName(''), 'max-keys': 1000 });
  for (const { name } of buckets ?? []) {
    const client = context.client(name);
    for (const upload of (await client.listUploads({ 'max-uploads': 1000 })).uploads) {
      await client.abortMultipartUpload(upload.name, upload.uploadId);
    }
    for (;;) {
      const { objects } = await client.listV2({ 'max-keys': 1000, 'encoding-type': 'url' });
      if (objects.length === 0) break;
      // A detailed answer names keys whose control characters the SDK's parser refuses.
      const keys = objects.map((object) => decodeURIComponent(object.name));
      await client.deleteMulti(keys, { quiet: true });
    }
    await client.deleteBucket(name);
  }
  const left = await context.named().listBuckets({ prefix: context.bucketName('') });
  if (left.buckets?.length) throw new Error(`buckets left: ${left.buckets.map((bucket) => bucket.name)}`);
}

function oneLine(error) {
  const kind = error.constructor?.name === 'Failed' ? '' : `${error.name}: `;
  return `${kind}${error.message}`.replace(/\s+/g, ' ').slice(0, 1500);
}
