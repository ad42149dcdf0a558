import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const TEST = fileURLToPath(new URL('..', import.meta.url));

/**
 * Ways to be wrong about AWS that reading it, or what is made for it, could walk into. A test's title names the one that it
 * keeps out of. Not among them is what no program can keep its user out of: the price and pace of native anomaly detection
 * for many keys (34), what S3 Bucket Keys and caches do to the counts (43), and that a wrong ciphertext is no error to
 * Decapsulate (45).
 */
const TRAPS: Readonly<Record<number, string>> = {
  1: 'counting Decrypt as a data event',
  2: 'reading silence as zero',
  3: 'expecting EventBridge to carry Decrypt',
  4: 'trusting requestParameters.keyId',
  5: 'taking resources[0] blindly',
  6: 'using accountId or type of a resource',
  7: 'keying by bare key id',
  8: 'requiring type, arn or accountId of userIdentity',
  9: 'grouping by session',
  10: 'de-duplicating by one id only',
  11: 'counting dry runs and failures as use',
  12: 'treating error counts as complete',
  13: 'going by eventType',
  14: 'counting network activity',
  15: 'scoring a window as soon as it ends',
  16: 'bucketing by delivery',
  17: 'counting corrections as calls',
  18: 'comparing eventVersion as a decimal',
  19: 'polling LookupEvents for Decrypt',
  20: 'looking up by resource',
  21: 'building on CloudTrail Lake',
  22: 'relying on Insights for the rate of Decrypt',
  23: 'inventing metrics',
  24: 'leaving out dimensions',
  25: 'setting a unit',
  26: 'ignoring partial data and pages',
  27: 'asking for what CloudWatch has forgotten',
  28: 'reading missing points as zeros',
  29: 'simulating alarms with the last points',
  30: 'taking alarm windows for aligned',
  31: 'alerting on every evaluation',
  32: 'updating alarms with partial fields',
  33: 'a Threshold on an anomaly alarm',
  35: 'letting an incident train the baseline',
  36: 'back-filling PutMetricData',
  37: 'taking PutEvents’ status for success',
  38: 'testing with published records as they are',
  39: 'expecting a typed ThrottlingException',
  40: 'retrying a resource limit',
  41: 'storing what is secret',
  42: 'measuring yourself',
  44: 'taking no last use for never used',
  46: 'quotas of older pages',
  47: 'believing CloudWatch speaks XML',
  48: 'taking the CIS alarm for coverage',
};

/** By number, the titles that name it: `trap 7: …`, `traps 33 and 35: …`, `… (trap 16)`. */
function titlesByTrap(): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const file of readdirSync(TEST, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.test.ts')) continue;
    const text = readFileSync(`${TEST}/${file}`, 'utf8');
    for (const [, title = ''] of text.matchAll(/['"`]([^'"`\n]*\btraps? \d.*)['"`],/g)) {
      const numbers = [...title.matchAll(/\btraps? ([\d, and]+)/g)].flatMap(
        ([, list = '']) => list.match(/\d+/g) ?? [],
      );
      for (const number of numbers)
        found.set(Number(number), [...(found.get(Number(number)) ?? []), `${file}: ${title}`]);
    }
  }
  return found;
}

describe('traps', () => {
  const titles = titlesByTrap();

  it.each(Object.entries(TRAPS))('%s, %s, has a test that names it', (number) => {
    expect(titles.get(Number(number)) ?? []).not.toEqual([]);
  });

  it('are all known', () => {
    expect([...titles.keys()].filter((number) => !Object.hasOwn(TRAPS, number))).toEqual([]);
  });
});
