import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { hashId } from '../../src/kms/id-set.js';
import { valueAt } from '../../src/series/series-set.js';
import { KEY_ARN } from '../support/logs.js';

const START = Date.UTC(2026, 0, 5);
let last = 0;
const call = (fields: Partial<KmsCall>): KmsCall => ({
  time: START + last++ * 1000,
  operation: 'Decrypt',
  keyArns: [KEY_ARN],
  account: '111122223333',
  region: 'eu-central-1',
  caller: '',
  error: null,
  eventId: `id-${last}`,
  sharedEventId: null,
  ...fields,
});

async function counted(calls: readonly KmsCall[]): Promise<number> {
  const set = await countCalls(calls, { step: 3_600_000, by: [[]] });
  return Array.from({ length: set.grid.length }, (_, bucket) => valueAt(set, 0, bucket)).reduce((a, b) => a + b, 0);
}

/** Two ids whose hashes agree in one half: among 200,000 there are some. */
function alikeIn(half: 'a' | 'b'): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const id = `3c0e${i}-5a7b`;
    const hash = { a: 0, b: 0 };
    hashId(id, hash);
    const before = seen.get(hash[half]);
    if (before !== undefined) return [before, id];
    seen.set(hash[half], id);
  }
}

describe('ids of calls', () => {
  const others = Array.from({ length: 3 }, () => call({}));

  it.each(['a', 'b'] as const)(
    'are told apart by all of their hash, wherever in a batch they are (%s)',
    async (half) => {
      const [one, two] = alikeIn(half);
      const pair = [call({ eventId: one }), call({ eventId: two })];
      expect(await counted([...others, ...pair])).toBe(5);
      expect(await counted([...others, ...pair, ...pair, ...others])).toBe(5);
    },
  );

  it.each(['a', 'b'] as const)('of copies in another account too (%s)', async (half) => {
    const [one, two] = alikeIn(half);
    const shared = (id: string, account: string) => call({ sharedEventId: id, account });
    const accounts = ['111122223333', '999988887777'];
    const copies = [one, two].flatMap((id) => accounts.map((account) => shared(id, account)));
    expect(await counted([...others, ...copies])).toBe(5);
  });
});
