import { describe, expect, it } from 'vitest';
import { findAnomalies } from '../../src/engine/anomalies/find-anomalies.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { ABOVE, BELOW } from '../../src/engine/types.js';
import { seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY, STEP } from '../support/sets.js';

const PER_DAY = DAY / STEP;
const KEYS = 8;
const HISTORY = 21;
const JUDGED = 14;

/** How busy people are at a time: in the morning and the afternoon of working days, a twentieth of it at week ends. */
function people(time: number): number {
  const hour = (time % DAY) / 3_600_000;
  const morning = (hour - 10) / 2.2;
  const afternoon = (hour - 15) / 2.4;
  const day = Math.exp(-0.5 * morning * morning) + 0.9 * Math.exp(-0.5 * afternoon * afternoon) + 0.03;
  return (Math.floor((time - MONDAY) / DAY) % 7 < 5 ? 2.5 : 0.12) * day;
}

/** What is judged of keys of people that are so many days old on a day of the week. @param factor of the calls of a bucket */
function judged(age: number, weekday: number, seed: number, factor: (bucket: number) => number) {
  const random = seeded(seed);
  const cut = HISTORY + weekday;
  const from = cut - age;
  const series = Array.from({ length: KEYS }, (_, k) => {
    const mean = 0.5 * Math.exp((k / KEYS) * Math.log(600));
    return {
      key: { operation: 'Decrypt', keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${seed}-${k}` },
      values: Float64Array.from({ length: (cut + JUDGED) * PER_DAY }, (_, i) =>
        i < from * PER_DAY ? 0 : poisson(random, mean * people(MONDAY + i * STEP) * factor(i - cut * PER_DAY)),
      ),
    };
  });
  const set = seriesSet({ start: MONDAY, step: STEP, series });
  const end = MONDAY + cut * DAY;
  const baseline = fitBaseline(sliceWindow(set, MONDAY, end), { timeZone: 'UTC' });
  const detector = new Detector(baseline, { alertBudget: { perWeek: 1 } });
  return detector.observe(sliceWindow(set, end, end + JUDGED * DAY));
}

const AGES = [3, 4, 6, 8, 10];

describe('keys of people that are days old', () => {
  it('are reported for hardly any of their first week ends and working days', () => {
    let found = 0;
    for (const age of AGES) {
      for (const weekday of [0, 2, 4, 5]) {
        found += findAnomalies(judged(age, weekday, 10 * age + weekday, () => 1)).length;
      }
    }
    // In 320 weeks of a key.
    expect(found).toBeLessThan(5);
  });

  it('are reported when they stop, or are ten times as busy for an hour', () => {
    const missed: string[] = [];
    for (const age of AGES) {
      for (const weekday of [3, 4]) {
        // The first Wednesday at ten, and the second from ten on.
        const burst = ((2 - weekday + 7) % 7) * PER_DAY + (10 * PER_DAY) / 24;
        const stop = burst + 7 * PER_DAY;
        const scores = judged(age, weekday, 100 * age + weekday, (i) =>
          i >= burst && i < burst + 12 ? 10 : i >= stop && i < stop + PER_DAY ? 0 : 1,
        );
        for (let k = 0; k < KEYS; k++) {
          const at = k * JUDGED * PER_DAY;
          if (!scores.verdicts.subarray(at + burst, at + burst + 12).includes(ABOVE))
            missed.push(`burst ${age} ${weekday} ${k}`);
          if (!scores.verdicts.subarray(at + stop, at + stop + PER_DAY).includes(BELOW))
            missed.push(`stop ${age} ${weekday} ${k}`);
        }
      }
    }
    // Of 160.
    expect(missed.length, missed.join()).toBeLessThan(4);
  });
});
