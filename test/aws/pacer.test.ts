import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/aws/clock.js';
import { Pacer } from '../../src/aws/pacer.js';
import { InputError } from '../../src/errors.js';
import { FakeClock } from './support/fake-clock.js';

describe('Pacer', () => {
  it('never lets more through in any stretch than its rate, whoever asks, and keeps their order', async () => {
    const asks = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(asks, fc.integer({ min: 1, max: 20 }), async (delays, perSecond) => {
        const clock = new FakeClock(0);
        const pacer = new Pacer(perSecond, clock);
        const turns: { who: number; at: number }[] = [];
        const waiting: Promise<void>[] = [];
        for (const [who, delay] of delays.entries()) {
          waiting.push(
            (async () => {
              const due = await takeTurn(pacer, clock);
              turns.push({ who, at: due });
            })(),
          );
          // Some ask later.
          if (delay > 2000) clock.time += delay;
        }
        await Promise.all(waiting);
        const times = turns.map(({ at }) => at).sort((a, b) => a - b);
        for (let i = 1; i < times.length; i++)
          expect(times[i] - times[i - 1]).toBeGreaterThanOrEqual(1000 / perSecond - 1e-6);
      }),
    );
  });

  it('gives no turn while it pauses', async () => {
    const clock = new FakeClock(0);
    const pacer = new Pacer(10, clock);
    await pacer.turn();
    pacer.pause(5000);
    await pacer.turn();
    expect(clock.time).toBe(5000);
    await pacer.turn();
    expect(clock.time).toBe(5100);
  });

  it.each([0, -1, NaN, Infinity])('refuses a rate of %d', (rate) => {
    expect(() => new Pacer(rate)).toThrow(InputError);
  });
});

/** Takes a turn, and gives the time for which it was meant: what the clock was asked to sleep until. */
async function takeTurn(pacer: Pacer, clock: FakeClock): Promise<number> {
  const before = clock.sleeps.length;
  const asked = clock.now();
  const turn = pacer.turn();
  const slept = clock.sleeps.length > before ? clock.sleeps[before] : 0;
  await turn;
  return asked + slept;
}

describe('systemClock', () => {
  it('waits, and ends a wait with the signal’s reason', async () => {
    const stop = new AbortController();
    await systemClock.sleep(1);
    const long = systemClock.sleep(60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(long).rejects.toThrow('enough');
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('enough');
    expect(systemClock.now()).toBeGreaterThan(Date.UTC(2026, 0, 1));
  });
});
