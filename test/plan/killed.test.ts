import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fortnight, KilledWatch } from './support-killed.js';

/** `npm run soak -- watch` goes on where this ends. */
const KILLS = 20;

let watch: KilledWatch;
let clean: Fortnight;
beforeAll(async () => {
  watch = new KilledWatch();
  clean = await watch.undisturbed();
}, 120_000);
afterAll(() => watch.remove());

describe('kms-baseline watch', () => {
  it('tells of what happened in the fortnight, and nothing twice, when nothing goes wrong', () => {
    const { told, health } = clean;
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    const texts = told.map(({ state, text }) => `${state} ${text}`).join('\n');
    expect(texts).toMatch(/^ALARM \w+\. Decrypt on 1234abcd.* 2\d\d calls/m);
    expect(texts).toMatch(/^ALARM .*no calls since/m);
    expect(texts).toMatch(/^ALARM DisableKey on 1234abcd .* by role\/Admin \(critical operation\)\./m);
    expect(texts).toMatch(/^ALARM role\/Stranger used 1234abcd .* for the first time/m);
    expect(texts).toMatch(/^INSUFFICIENT_DATA No data from log for/m);
    expect(texts).toMatch(/^OK Resolved: log is delivering data again/m);
    expect(health).toMatchObject({ phase: 'watching', rejected: 0, notices: { decided: told.length, waiting: 0 } });
    expect(health.late).toBeGreaterThan(0);
    expect(health.duplicates).toBeGreaterThan(0);
  });

  it(`killed ${KILLS} times at any moment, it loses no verdict and no notice, and tells none under another id`, {
    timeout: 180_000,
  }, async () => {
    const { kills, states } = await watch.kill(clean, 1, (done) => done.kills >= KILLS);
    expect(kills).toBe(KILLS);
    expect(states).toBeGreaterThan(KILLS / 2);
  });
});
