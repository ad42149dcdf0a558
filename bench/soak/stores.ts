// What a state in S3 outlives: `npm run soak -- stores --pairs=200 --megabytes=50 --seed=1`. Real clients, a bucket on this machine.
//
// - Pairs of runs at once on one state, each with a client of its own, when there is an incident to report; of every three
//   pairs, one meets a slow bucket, one a bucket that answers 503 once or loses an answer. In each, the incident is reported
//   once, and the other run ends with a conflict or finds it reported; a third run has nothing to report.
// - A state of so many megabytes, written, read, and written over by the one who knows it; refused for one who does not.
//
// A part whose number is 0 is left out.
import { deepStrictEqual, rejects } from 'node:assert';
import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { s3Store } from '../../src/aws/index.js';
import { type PlanStore, StoreConflict } from '../../src/plan/index.js';
import { type Fault, startAws } from '../../test/aws/support/aws-server.js';
import { fakeBucket } from '../../test/aws/support/fake-bucket.js';
import { runPair } from '../../test/plan/support-at-once.js';
import { seeded } from '../../test/support/random.js';
import { printHeader } from '../harness.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '200' },
    megabytes: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const [pairs, megabytes, seed] = [values.pairs, values.megabytes, values.seed].map(Number);
if (![pairs, megabytes, seed].every((value) => Number.isFinite(value) && value >= 0)) {
  throw new Error('--pairs, --megabytes and --seed must be numbers from 0 on');
}

if (pairs > 0) {
  printHeader('Two runs at once on one state in S3', { seed, shape: `${pairs} pairs` });
  const random = seeded(seed);
  const faults: readonly Fault[] = [{ error: 'SlowDown', status: 503 }, 'lost'];
  let conflicts = 0;
  const begun = performance.now();
  for (let pair = 0; pair < pairs; pair++) {
    await withBucket(async (store, faultsOf) => {
      if (pair % 3 === 1) for (let i = 0; i < 40; i++) faultsOf.push(random() < 0.5 ? 'slow' : null);
      if (pair % 3 === 2) {
        // Somewhere among the requests of the pair, some forty.
        for (let i = Math.floor(random() * 30); i > 0; i--) faultsOf.push(null);
        faultsOf.push(faults[Math.floor(random() * faults.length)]);
      }
      const { runs } = await runPair(store);
      conflicts += runs.filter((run) => run === 'conflict').length;
    });
  }
  console.log(
    `\n${pairs} pairs, in each of which the incident was reported once; ${conflicts} runs ended with a conflict, the others ` +
      `found it reported; ${((performance.now() - begun) / 60_000).toFixed(1)} min`,
  );
}

if (megabytes > 0) {
  printHeader('A large state in S3', { seed, shape: `${megabytes} MB` });
  const random = seeded(seed);
  const bytes = Uint8Array.from({ length: megabytes * 1e6 }, () => random() * 256);
  await withBucket(async (store) => {
    const [one, other] = [store(), store()];
    const begun = performance.now();
    deepStrictEqual([await one.load(), await other.load()], [null, null]);
    await one.save(bytes);
    deepStrictEqual(await store().load(), bytes);
    bytes[0] ^= 1;
    await one.save(bytes);
    await rejects(() => other.save(new Uint8Array(1)), StoreConflict);
    deepStrictEqual(await other.load(), bytes);
    console.log(`\nwritten twice, read twice, refused once: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  });
}

/** A bucket, and stores of one key in it, each with a client of its own, as on machines of their own. */
async function withBucket(work: (store: () => PlanStore, faults: (Fault | null)[]) => Promise<unknown>): Promise<void> {
  const aws = await startAws(fakeBucket().handlers);
  const clients: S3Client[] = [];
  try {
    await work(() => {
      const client = new S3Client({ ...aws.config, maxAttempts: 3, forcePathStyle: true });
      clients.push(client);
      return s3Store({ client, bucket: 'states', key: 'shop/keys.state' });
    }, aws.faults);
  } finally {
    for (const client of clients) client.destroy();
    aws.close();
  }
}
