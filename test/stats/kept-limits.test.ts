import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEnough, KEPT, wholeLimit } from '../../src/stats/kept-limits.js';
import { natsStep, upperLimitNear } from '../../src/stats/limits.js';

/** A row's laws: a first one, and what each hour makes of mean and size, as rates fall while no call comes and rise in the morning. */
const walks = fc.record({
  logMean: fc.double({ min: Math.log(1e-4), max: Math.log(30), noNaN: true }),
  logSize: fc.double({ min: Math.log(1e-3), max: Math.log(1e4), noNaN: true }),
  nats: fc.double({ min: 4, max: 60, noNaN: true }),
  hours: fc.array(
    fc.record({
      mean: fc.oneof(
        fc.double({ min: -0.05, max: 0.02, noNaN: true }),
        fc.double({ min: -0.6, max: 0.6, noNaN: true }),
      ),
      size: fc.double({ min: -0.08, max: 0.08, noNaN: true }),
      rest: fc.nat(3),
    }),
    { minLength: 12, maxLength: 40 },
  ),
});

test('what a row keeps of its limits answers as the grid does, wherever its laws move', () => {
  let boxes = 0;
  const laws = fc.property(walks, ({ logMean, logSize, nats, hours }) => {
    const kept = new Float64Array(4 * KEPT);
    let [m, k] = [logMean, logSize];
    for (const { mean: up, size: wider, rest } of hours) {
      m += up;
      k += wider;
      const mean = Math.exp(m);
      const size = Math.exp(k);
      const limit = upperLimitNear(mean, size, nats);
      expect(wholeLimit(kept, 0, mean, size, natsStep(nats))).toBe(Math.floor(limit));
      // Numbers about the limit are where a box may err; each as of a window of its own.
      for (let w = 1; w <= 3; w++) {
        const enough = Math.floor(limit) - rest + w - 2;
        const is = isEnough(kept, KEPT * w, mean, size, natsStep(nats), rest, enough);
        expect(is, `${enough} beside ${rest}`).toBe(limit >= 0 && limit - rest >= enough);
        if (kept[KEPT * w + 4] === 0) boxes++;
      }
    }
  });
  fc.assert(laws, { numRuns: 2500, seed: 20261129 });
  // The bounds are used, and not what is sought anew each time.
  expect(boxes).toBeGreaterThan(5000);
});
