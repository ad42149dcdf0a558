import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../src/engine/types.js';
import type { KmsCall } from '../../src/kms/call.js';
import { BY_CALLER } from '../../src/kms/call-rows.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { REFUSED_KEYS } from '../../src/kms/refused-keys.js';
import { judgeCounts } from '../../src/report/judge.js';
import { wordsFor } from '../../src/report/words.js';
import { SHOP_KEYS } from '../../src/simulate/shop.js';
import { simulateCalls } from '../../src/simulate/simulate-calls.js';
import { DAY, gridEnd, HOUR } from '../../src/time/grid.js';

const STEP = 300_000;
const START = Date.UTC(2026, 4, 4);
const UNTIL = START + 28 * DAY;
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const shop = simulateCalls({ seed: 21, start: START, weeks: 5, by: [['operation']] });
const END = gridEnd(shop.set.grid);
const FROM = UNTIL + 2 * DAY + 9 * HOUR;
const TO = FROM + 6 * HOUR;

async function anomaliesOf(change: (calls: readonly KmsCall[]) => Iterable<KmsCall>): Promise<Anomaly[]> {
  const calls = change([...shop.calls()]);
  const set = await countCalls(calls, { step: STEP, by: BY_CALLER, start: START, end: END });
  return [...judgeCounts(set, { historyUntil: UNTIL, until: END, timeZone: 'Europe/Berlin' }).anomalies];
}

/** Calls on the payments key between 9 and 15 o'clock UTC by another caller. */
function takenOver(caller: string) {
  return (calls: readonly KmsCall[]) =>
    calls.map((call) =>
      call.time >= FROM && call.time < TO && call.keyArns[0] === SHOP_KEYS.payments ? { ...call, caller } : call,
    );
}

describe('callers of keys', () => {
  it('are not reported where they do as ever', async () => {
    expect(await anomaliesOf((calls) => calls)).toEqual([]);
  });

  it.each(['Stranger', 'OrderService'])(
    'are reported where role/%s takes over a key at the same volume',
    async (name) => {
      const found = await anomaliesOf(takenOver(role(name)));
      expect(found).toHaveLength(1);
      const [anomaly] = found;
      expect(anomaly).toMatchObject({ verdict: 'below', severity: 'critical' });
      expect(anomaly.key).toMatchObject({ keyArn: SHOP_KEYS.payments, caller: role('PaymentGateway') });
      expect(Math.abs(anomaly.from - FROM)).toBeLessThan(HOUR);
      expect(Math.abs(anomaly.to - TO)).toBeLessThan(HOUR);
      const words = wordsFor(anomaly, { timeZone: 'Europe/Berlin', step: STEP });
      expect(words).toMatch(new RegExp(`by role/PaymentGateway: no calls .*Meanwhile role/${name} made \\d+ `));
    },
  );

  it('are reported where one tries many keys, with two refused calls on each', async () => {
    const tried = (calls: readonly KmsCall[]) => [
      ...calls,
      ...Array.from({ length: 80 }, (_, i) => ({
        ...calls[0],
        time: FROM + i * 9000,
        operation: 'Decrypt',
        caller: role('CiSandbox'),
        keyArns: [`arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-0000000000${10 + (i % 40)}`],
        error: 'AccessDenied',
        eventId: `probe-${i}`,
        sharedEventId: null,
      })),
    ];
    const found = await anomaliesOf(tried);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ verdict: 'above', value: 40, errors: [{ code: 'AccessDenied' }] });
    expect(found[0].key).toMatchObject({ caller: role('CiSandbox'), metric: REFUSED_KEYS });
    expect(wordsFor(found[0])).toMatch(/^Critical\. Keys that refuse role\/CiSandbox, .*: 40 keys in 10 min/);
  });
});
