/** Runs the official Node.js SDK against a running server. See conformance/README.md. */

import { ApplicationServer } from './application.js';
import { checkCaptured } from './cases/captured.js';
import { Context } from './context.js';
import { fromEnvironment } from './settings.js';
import { Report, runAll } from './suite.js';
import { resolveNamesToLoopback } from './wire.js';

import './cases/buckets.js';
import './cases/access.js';
import './cases/cors.js';
import './cases/objects.js';
import './cases/names.js';
import './cases/reading.js';
import './cases/listing.js';
import './cases/multipart.js';
import './cases/errors.js';
import './cases/temporary.js';
import './cases/addressing.js';
import './cases/ip-and-path.js';
import './cases/presigned.js';
import './cases/forms.js';
import './cases/callbacks.js';
import './cases/callback-failures.js';
import './cases/callback-refusals.js';

const VARIANTS = [
  ['v1', 'host'],
  ['v4', 'host'],
  ['v1', 'ip'],
  ['v4', 'ip'],
];

const settings = fromEnvironment();
resolveNamesToLoopback();
const application = await new ApplicationServer(settings).start();
const report = new Report(process.argv[2]);
await report.run('application/verification/requests captured from OSS', checkCaptured);
for (const [version, addressing] of VARIANTS) {
  await runAll(report, new Context(settings, version, addressing, application));
}
application.stop();
process.exit(report.finish());
