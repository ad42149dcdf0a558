import { describe, expect, it } from 'vitest';
import { fleetSentences, shopSentences } from '../../bench/evaluate/sentence-cases.js';

// All of 40 fleets and shops: node bench/evaluate/sentences.mjs
describe('the sentences of findings', () => {
  it('are true of the counts of simulated fleets: every number, window and probability', () => {
    const read = fleetSentences(11, { series: 40, judgedDays: 5 });
    expect(read.untrue).toEqual([]);
    expect(read.findings).toBeGreaterThan(20);
  });

  it('are true of the calls of a simulated shop: callers, what they usually do, error codes', {
    timeout: 60_000,
  }, async () => {
    const read = await shopSentences(5);
    expect(read.untrue).toEqual([]);
    expect(read.findings).toBeGreaterThan(2);
  });
});
