import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { keyId } from '../../src/series/key.js';
import { observedRow, readRow } from '../../src/series/series-set.js';
import { type Fleet, simulateFleet } from '../../src/simulate/fleet.js';
import { simulateCleanFleet } from '../../src/simulate/fleet-clean.js';
import { DAY, gridEnd } from '../../src/time/grid.js';
import { STEP } from '../support/sets.js';

const fleet = simulateFleet({ seed: 11 });
const plain = simulateFleet({ seed: 11, events: false, contaminated: 0 });

/** A row's counts over history and judged part; zeros where the history lacks the row. */
function counts({ history, judged }: Fleet, row: number): Float64Array {
  const all = new Float64Array(history.grid.length + judged.grid.length);
  if (row < history.keys.length) readRow(history, row, all);
  readRow(judged, row, all.subarray(history.grid.length));
  return all;
}

/** Buckets that two fleets of one size count differently: Vitest's own comparison takes seconds for a million. */
function differences(a: Fleet, b: Fleet): number {
  let differing = 0;
  for (const row of a.kinds.keys()) {
    const other = counts(b, row);
    for (const [i, count] of counts(a, row).entries()) if (count !== other[i]) differing++;
  }
  return differing;
}

function truthOf({ truth }: Fleet, row: number): Float64Array {
  return truth.mean.subarray(row * truth.grid.length, (row + 1) * truth.grid.length);
}

describe('simulateFleet', () => {
  it('has the judged weeks follow the history, which holds the same rows but those never seen', () => {
    expect(fleet.judged.grid.start).toBe(gridEnd(fleet.history.grid));
    expect([fleet.history.grid.length, fleet.judged.grid.length]).toEqual([42 * 288, 14 * 288]);
    expect(fleet.judged.keys.slice(0, fleet.history.keys.length)).toEqual(fleet.history.keys);
    expect(fleet.kinds.map((kind) => kind === 'unseen')).toEqual(
      fleet.judged.keys.map((_, row) => row >= fleet.history.keys.length),
    );
    expect(new Set(fleet.judged.keys.map(keyId)).size).toBe(150);
    expect(observedRow(fleet.judged, 0).every((seen) => seen === 1)).toBe(true);
  });

  it('gives the same counts for the same options, and others for another seed', () => {
    const again = simulateFleet({ seed: 11 });
    expect(differences(again, fleet)).toBe(0);
    expect(again.labels).toEqual(fleet.labels);
    expect(differences(simulateFleet({ seed: 12 }), fleet)).toBeGreaterThan(100_000);
  });

  it('scatters counts around the truth with the variance that it states', () => {
    let squares = 0;
    let buckets = 0;
    let sum = 0;
    for (const [row, { dispersion, batch }] of plain.truth.noise.entries()) {
      const mean = truthOf(plain, row);
      for (const [i, count] of counts(plain, row).entries()) {
        // Where few calls are expected the square is all in the rare ones, too few to average.
        if (mean[i] < 5) continue;
        const variance = (2 * batch - 1) * mean[i] + dispersion * mean[i] ** 2;
        squares += (count - mean[i]) ** 2 / variance;
        sum += (count - mean[i]) / Math.sqrt(variance);
        buckets++;
      }
    }
    expect(buckets).toBeGreaterThan(200_000);
    expect(squares / buckets).toBeCloseTo(1, 1);
    expect(Math.abs(sum) / Math.sqrt(buckets)).toBeLessThan(4);
  });

  it('has no call where none is expected', () => {
    for (const row of plain.kinds.keys()) {
      const mean = truthOf(plain, row);
      const surplus = counts(plain, row).filter((_, i) => mean[i] === 0);
      expect(surplus.every((count) => count === 0)).toBe(true);
    }
  });

  it('labels events of the right side that stand out from the noise of their span', () => {
    expect(fleet.labels.length).toBeGreaterThan(75);
    for (const { row, key, from, to, verdict, kind, snr } of fleet.labels) {
      const { grid, noise } = fleet.truth;
      expect(key).toEqual(fleet.judged.keys[row]);
      expect(snr).toBeGreaterThanOrEqual(8);
      const mean = truthOf(plain, row);
      const own = counts(fleet, row);
      const end = kind === 'level-shift' ? from + DAY : to;
      let excess = 0;
      let variance = 0;
      for (let i = (from - grid.start) / STEP; i < Math.min(grid.length, (end - grid.start) / STEP); i++) {
        excess += own[i] - mean[i];
        variance += (2 * noise[row].batch - 1) * mean[i] + noise[row].dispersion * mean[i] ** 2;
      }
      expect(Math.sign(excess), `${kind} on ${fleet.kinds[row]}`).toBe(verdict === 'above' ? 1 : -1);
      // The excess drawn scatters more than the noise before it; bursts in the span make the stated ratio smaller.
      expect(Math.abs(excess) / Math.sqrt(variance), `${kind} on ${fleet.kinds[row]}`).toBeGreaterThan(
        Math.min(snr, 1e6) / 4,
      );
    }
  });

  it('keeps the events of a row three days apart, after the first hours of the judged part', () => {
    for (const label of fleet.labels) {
      expect(label.from - fleet.judged.grid.start).toBeGreaterThanOrEqual(8 * 3_600_000);
      expect(label.to).toBeLessThanOrEqual(gridEnd(fleet.judged.grid));
      if (label.kind === 'level-shift') expect(label.to).toBe(gridEnd(fleet.judged.grid));
      for (const other of fleet.labels) {
        if (other === label || other.row !== label.row) continue;
        expect(Math.max(other.from - label.to, label.from - other.to)).toBeGreaterThanOrEqual(3 * DAY);
      }
    }
  });

  it('has every kind of row and of event', () => {
    expect(new Set(fleet.kinds)).toEqual(
      new Set(['human', 'cron', 'cron-straddling', 'flat', 'deploy', 'sparse', 'control', 'young', 'unseen']),
    );
    const kinds = [1, 2, 3].flatMap((seed) => simulateFleet({ seed }).labels.map(({ kind }) => kind));
    expect([...new Set(kinds)].sort()).toEqual([
      'control-burst',
      'drop',
      'extra-run',
      'first-use',
      'level-shift',
      'low-and-slow',
      'missed-run',
      'off-hours',
      'outage',
      'sparse-burst',
      'spike',
    ]);
  });

  it('gives young keys two to eight days of history, and pairs never seen no call but their first use', () => {
    for (const [row, kind] of fleet.kinds.entries()) {
      const own = counts(fleet, row);
      const born = (fleet.bornAt[row] - fleet.truth.grid.start) / STEP;
      if (kind === 'young') {
        expect((fleet.judged.grid.start - fleet.bornAt[row]) / DAY).toBeGreaterThanOrEqual(2);
        expect((fleet.judged.grid.start - fleet.bornAt[row]) / DAY).toBeLessThanOrEqual(8);
        expect(own.subarray(0, born).every((count) => count === 0)).toBe(true);
      } else if (kind === 'unseen') {
        for (const label of fleet.labels.filter((label) => label.row === row)) {
          own.fill(0, (label.from - fleet.truth.grid.start) / STEP, (label.to - fleet.truth.grid.start) / STEP);
        }
        expect(own.every((count) => count === 0)).toBe(true);
      }
    }
  });

  it('moves people and jobs with their clocks: an hour earlier in UTC after the European change', () => {
    const jobs = simulateFleet({ seed: 3, only: ['cron'], zones: ['Europe/Berlin'], contaminated: 0, events: false });
    const { grid } = jobs.truth;
    // The last Sunday of March 2026; the days before and after it.
    const before = (Date.UTC(2026, 2, 26) - grid.start) / STEP;
    const after = (Date.UTC(2026, 3, 2) - grid.start) / STEP;
    let daily = 0;
    for (const row of jobs.kinds.keys()) {
      const mean = truthOf(jobs, row);
      const busy = (from: number) => Array.from(mean.subarray(from, from + 288)).flatMap((m, i) => (m > 0 ? [i] : []));
      const winter = busy(before);
      if (winter.length !== 1) continue;
      daily++;
      expect(busy(after)).toEqual([(winter[0] - 12 + 288) % 288]);
    }
    expect(daily).toBeGreaterThan(10);
  });

  it('has unlabelled incidents in the given share of the old histories', () => {
    const dirty = simulateFleet({ seed: 11, events: false, contaminated: 0.25 });
    const old = [...plain.kinds.keys()].filter((row) => !['young', 'unseen'].includes(plain.kinds[row]));
    const differing = old.filter((row) => {
      const a = counts(plain, row);
      return counts(dirty, row).some((count, i) => count !== a[i]);
    });
    expect(differing.length / old.length).toBeGreaterThan(0.1);
    expect(differing.length / old.length).toBeLessThan(0.4);
    expect(dirty.truth.mean.every((mean, i) => mean === plain.truth.mean[i])).toBe(true);
  });

  it('may end within the first day of a lasting shift, of the last row too', () => {
    const short = simulateFleet({ seed: 208, series: 4, historyDays: 28, judgedDays: 14 });
    const last = short.judged.keys.length - 1;
    const end = gridEnd(short.judged.grid);
    expect(
      short.labels.filter(({ row, kind, from }) => row === last && kind === 'level-shift' && from > end - DAY),
    ).toHaveLength(1);
  });

  it('refuses options out of range, naming them', () => {
    expect(() => simulateFleet({ seed: -1 })).toThrow(InputError);
    expect(() => simulateFleet({ seed: 1, series: 0 })).toThrow(/series must be/);
    expect(() => simulateFleet({ seed: 1, contaminated: 2 })).toThrow(/contaminated must be/);
    expect(() => simulateFleet({ seed: 1, zones: ['Mars/Olympus'] })).toThrow(/zones\[0\] must be/);
    expect(() => simulateFleet({ seed: 1, start: 1 })).toThrow(/start must be on a bucket/);
    expect(() => simulateFleet({ seed: 1, only: ['nothing' as never] })).toThrow(/only must name/);
  });
});

describe('simulateCleanFleet', () => {
  it('has three classes of rates and nothing but noise', () => {
    const clean = simulateCleanFleet({ seed: 5, series: 30, historyDays: 7, judgedDays: 7 });
    expect(clean.labels).toEqual([]);
    const busiest = clean.kinds.map((_, row) => truthOf(clean, row).reduce((a, b) => Math.max(a, b), 0));
    // Levels move after all; a class keeps its order of magnitude.
    for (const [row, peak] of busiest.entries()) {
      if (row % 3 === 0) expect(peak).toBeLessThan(0.2);
      if (row % 3 === 1) expect(peak).toBeLessThan(20);
      if (row % 3 === 2) expect(peak).toBeGreaterThan(10);
    }
  });
});
