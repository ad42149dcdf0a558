import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { REFUSED_KEYS } from '../../src/kms/refused-keys.js';
import { definePlan, memoryStore, runPlan } from '../../src/plan/index.js';
import { SHOP_KEYS } from '../../src/simulate/shop.js';
import { simulateCalls } from '../../src/simulate/simulate-calls.js';
import { DAY, fastClock, HOUR, logOf, recorder } from './support.js';

const START = Date.UTC(2026, 4, 4);
const LEARNED = START + 21 * DAY;
const END = START + 25 * DAY;
const FROM = LEARNED + 2 * DAY + 9 * HOUR;
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const shop = simulateCalls({ seed: 22, start: START, end: END, by: [['operation']] });

/** What a plan sends that begins after the history, and polls every six hours. */
async function noticesOf(change: (calls: readonly KmsCall[]) => KmsCall[]) {
  const calls = change([...shop.calls()]).sort((a, b) => a.time - b.time);
  const stop = new AbortController();
  const { told, ...notifier } = recorder();
  const plan = definePlan({
    purpose: 'Callers',
    owner: 'Tests',
    sources: [
      logOf(
        'log',
        calls.map((call) => ({ call, at: call.time })),
      ),
    ],
    notify: [notifier],
    timeZone: 'Europe/Berlin',
    every: 6 * HOUR,
    learnFor: 21 * DAY,
  });
  const clock = fastClock(LEARNED + HOUR, END, stop);
  await runPlan(plan, { store: memoryStore(), clock, signal: stop.signal });
  return told.filter(({ at }) => at >= FROM);
}

describe('callers in a plan', () => {
  it('are reported where another takes over a key at the same volume', async () => {
    const told = await noticesOf((calls) =>
      calls.map((call) =>
        call.time >= FROM && call.time < FROM + 6 * HOUR && call.keyArns[0] === SHOP_KEYS.payments
          ? { ...call, caller: role('OrderService') }
          : call,
      ),
    );
    const opened = told.filter(({ kind, change }) => kind === 'anomaly' && change === 'opened');
    expect(opened).toHaveLength(1);
    expect(opened[0].text).toMatch(/by role\/PaymentGateway: no calls .*Meanwhile role\/OrderService made \d+/);
    expect(opened[0].anomaly?.key).toMatchObject({ keyArn: SHOP_KEYS.payments, caller: role('PaymentGateway') });
  });

  it('are reported where one tries many keys', async () => {
    const told = await noticesOf((calls) => [
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
    ]);
    const opened = told.filter(({ kind, change }) => kind === 'anomaly' && change === 'opened');
    expect(opened.map(({ anomaly }) => anomaly?.key.metric)).toEqual([REFUSED_KEYS]);
    expect(opened[0].text).toMatch(/Keys that refuse role\/CiSandbox/);
  });
});
