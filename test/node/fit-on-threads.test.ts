import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { type CrashedFit, fitBaselineOnThreads, fitOnPool } from '../../src/node/fit-on-threads.js';
import { WorkerPool } from '../../src/node/worker-pool.js';
import { WORKER_SOURCE } from '../../src/node/worker-source.generated.js';
import { type SeriesSet, seriesFromBytes, seriesKey, seriesToBytes } from '../../src/series/index.js';
import { isSparse, type SparseCounts } from '../../src/series/series-set.js';
import { simulateFleet } from '../../src/simulate/fleet.js';

const fleet = simulateFleet({ seed: 31, series: 40, historyDays: 21, judgedDays: 1, events: false });
const zones = new Map(fleet.judged.keys.map((key, row) => [key, fleet.zones[row]]));
const pool = new WorkerPool(WORKER_SOURCE, 2);
afterAll(() => pool.close());

/** Kept as bytes, a set of mostly zeros comes back in sparse rows or dense ones, as it is smaller. */
function asSparse(set: SeriesSet): SeriesSet {
  const { grid, keys, values } = set;
  if (isSparse(values)) return set;
  const offsets = new Float64Array(keys.length + 1);
  const buckets: number[] = [];
  const counts: number[] = [];
  for (let row = 0; row < keys.length; row++) {
    for (let i = 0; i < grid.length; i++) {
      const count = values[row * grid.length + i];
      if (count === 0) continue;
      buckets.push(i);
      counts.push(count);
    }
    offsets[row + 1] = buckets.length;
  }
  const sparse: SparseCounts = { offsets, buckets: Uint32Array.from(buckets), counts: Float64Array.from(counts) };
  return { ...set, values: sparse };
}

/** Every third row was not listened to for some days of its own. */
function withGaps(set: SeriesSet): SeriesSet {
  const { grid, keys } = set;
  const observed = new Uint8Array(keys.length * grid.length).fill(1);
  for (let row = 0; row < keys.length; row += 3) {
    const from = row * grid.length + 500 + 60 * row;
    observed.fill(0, from, from + 700);
  }
  return { ...set, observed };
}

describe('fitting on threads', () => {
  it.each([
    ['dense rows', fleet.history],
    ['sparse rows', asSparse(fleet.history)],
    ['rows observed apart', withGaps(fleet.history)],
    ['what was kept as bytes', seriesFromBytes(seriesToBytes(fleet.history))],
  ])(
    'gives the bytes of one thread for %s',
    async (_, history) => {
      const crashes: CrashedFit[] = [];
      const onCrash = (crash: CrashedFit) => crashes.push(crash);
      const threaded = await fitOnPool(history, { onCrash }, pool, 2);
      expect(crashes).toEqual([]);
      expect(threaded.toBytes()).toEqual(fitBaseline(history).toBytes());
    },
    60_000,
  );

  it('knows the calendars of keys, those of zones that are found too', async () => {
    const day = (n: number) => new Date(fleet.history.grid.start + n * 86_400_000).toISOString().slice(0, 10);
    const holiday = { like: [{ date: day(9), weekday: 0 }] } as const;
    const window = { from: `${day(2)}T02:00`, to: `${day(2)}T05:00`, every: 'week' } as const;
    const options = {
      calendar: (key: object) => {
        const row = fleet.history.keys.indexOf(key as never);
        return row % 3 === 0 ? holiday : row % 3 === 1 ? { ...holiday, exclude: [window] } : undefined;
      },
    };
    const crashes: CrashedFit[] = [];
    const onCrash = (crash: CrashedFit) => crashes.push(crash);
    const threaded = await fitOnPool(fleet.history, { ...options, onCrash }, pool, 2);
    expect(crashes).toEqual([]);
    const plain = fitBaseline(fleet.history, options);
    expect(threaded.toBytes()).toEqual(plain.toBytes());
    expect(plain.toBytes()).not.toEqual(fitBaseline(fleet.history).toBytes());
  }, 60_000);

  it('looks up zones on the calling thread, and leaves out what must not teach', async () => {
    const { start } = fleet.history.grid;
    const options = {
      timeZone: (key: object) => zones.get(key as never),
      exclude: [{ from: start + 1e8, to: start + 3e8 }],
    };
    const threaded = await fitOnPool(fleet.history, options, pool, 2);
    expect(threaded.toBytes()).toEqual(fitBaseline(fleet.history, options).toBytes());
  }, 60_000);

  it('fits the rows of crashed threads again and tells the cause', async () => {
    const doomed = new WorkerPool('process.exit(3);', 2);
    const crashes: CrashedFit[] = [];
    const threaded = await fitOnPool(fleet.history, { onCrash: (crash) => crashes.push(crash) }, doomed, 2);
    await doomed.close();
    expect(threaded.toBytes()).toEqual(fitBaseline(fleet.history).toBytes());
    expect(crashes.length).toBeGreaterThan(0);
    for (const { cause, from, to } of crashes) {
      expect(cause.message).toContain('exit code 3');
      expect(from).toBeLessThan(to);
    }
  }, 60_000);

  it('keeps its threads for the next fit', async () => {
    const { grid } = fleet.history;
    const many = Array.from({ length: 180 }, (_, row) => seriesKey({ operation: 'Decrypt', keyArn: `key/${row}` }));
    const silent: SparseCounts = {
      offsets: new Float64Array(many.length + 1),
      buckets: new Uint32Array(0),
      counts: new Float64Array(0),
    };
    const history: SeriesSet = { ...fleet.history, keys: many, values: silent };
    expect(many.length * grid.length).toBeGreaterThan(1_000_000);
    let started = 0;
    const count = () => started++;
    process.on('worker', count);
    const first = await fitBaselineOnThreads(history, { threads: 2 });
    const second = await fitBaselineOnThreads(history, { threads: 2 });
    process.off('worker', count);
    expect(started).toBe(2);
    expect(second.toBytes()).toEqual(first.toBytes());
    expect(first.toBytes()).toEqual(fitBaseline(history).toBytes());
  }, 60_000);

  it('takes little work, one thread and levels as fitBaseline does, and refuses a thread count that is none', async () => {
    const few = { ...fleet.history, keys: fleet.history.keys.slice(0, 2), values: new Float64Array(2 * 6048) };
    expect((await fitBaselineOnThreads(few)).toBytes()).toEqual(fitBaseline(few).toBytes());
    expect((await fitBaselineOnThreads(few, { threads: 1 })).toBytes()).toEqual(fitBaseline(few).toBytes());
    const level: SeriesSet = { ...few, measure: 'level' };
    expect((await fitBaselineOnThreads(level)).toBytes()).toEqual(fitBaseline(level).toBytes());
    await expect(fitBaselineOnThreads(few, { threads: 0 })).rejects.toThrow(InputError);
  });

  it('starts its threads in a process that has globals of its own, such as gc', () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(require('node:fs').readFileSync(0, 'utf8'), { eval: true });
      worker.on('error', (error) => { console.log(error.message); process.exit(1); });
      worker.on('message', (message) => { console.log(typeof gc, Object.keys(message)); process.exit(0); });
      worker.postMessage({ job: { kind: 'none' } });`;
    const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', '--eval', program], {
      encoding: 'utf8',
      input: WORKER_SOURCE,
    });
    expect({ stdout, status }).toEqual({ stdout: "function [ 'done' ]\n", status: 0 });
  });
});
