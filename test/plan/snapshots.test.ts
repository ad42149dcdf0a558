import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Snapshots } from '../../src/aws/index.js';
import { InputError } from '../../src/errors.js';
import { fileSnapshots } from '../../src/node/index.js';
import {
  definePlan,
  listSnapshots,
  memoryStore,
  type Notice,
  type PlanInput,
  type PlanProblem,
  revertState,
  type SnapshotArchive,
  saveSnapshot,
} from '../../src/plan/index.js';
import { findSnapshot } from '../../src/plan/snapshots.js';
import { fakeAws } from '../aws/support/fake-aws.js';
import { fakeBucket } from '../aws/support/fake-bucket.js';
import { tempFolder } from '../support/logs.js';
import { burst, callAt, JUDGED, run, sorted, steady } from './running.js';
import { DAY, HOUR, logOf, MINUTE } from './support.js';

const STATE = Uint8Array.of(1, 2, 3);

function memoryArchive(): SnapshotArchive & { readonly states: Map<string, Uint8Array> } {
  const states = new Map<string, Uint8Array>();
  return {
    place: 'memory',
    states,
    list: async () => [...states].map(([name, { length }]) => ({ name, bytes: length })),
    read: async (name) => states.get(name) ?? new Uint8Array(0),
    write: async (name, bytes) => void states.set(name, bytes),
    remove: async (name) => void states.delete(name),
  };
}

const archives: Record<string, () => Promise<{ archive: SnapshotArchive; strangers: () => void }>> = {
  folder: async () => {
    const folder = join(tempFolder(), 'state.snapshots');
    return {
      archive: fileSnapshots(folder),
      strangers: () => {
        writeFileSync(join(folder, 'notes.txt'), 'x');
        writeFileSync(join(folder, '2026-05-18T09-00-00-000Z.a.b.state'), 'x');
        expect(readdirSync(folder).length).toBeGreaterThan(2);
      },
    };
  },
  bucket: async () => {
    const bucket = fakeBucket();
    const aws = await fakeAws(bucket.handlers);
    const client = new S3Client({ ...aws.config, forcePathStyle: true });
    return {
      archive: s3Snapshots({ client, bucket: 'states', key: 'shop.state' }),
      strangers: () => {
        bucket.objects.set('shop.state.snapshots/notes', { body: STATE, etag: '"1"', metadata: {} });
        bucket.objects.set('shop.state', { body: STATE, etag: '"1"', metadata: {} });
      },
    };
  },
};

describe.each(Object.entries(archives))('snapshots in a %s', (_, make) => {
  it('are listed newest first, read by name, and bounded but for those with a label', async () => {
    const { archive, strangers } = await make();
    expect(await listSnapshots(archive)).toEqual([]);
    const at = Date.UTC(2026, 4, 18, 9);
    const labelled = await saveSnapshot(archive, STATE, { at, label: 'before_load-test', keep: 2 });
    expect(labelled).toEqual({
      name: '2026-05-18T09-00-00-000Z.before_load-test',
      at,
      label: 'before_load-test',
      bytes: 3,
    });
    for (let day = 1; day <= 4; day++) await saveSnapshot(archive, Uint8Array.of(day), { at: at + day * DAY, keep: 2 });
    strangers();
    const all = await listSnapshots(archive);
    expect(all.map(({ name }) => name)).toEqual([
      '2026-05-22T09-00-00-000Z',
      '2026-05-21T09-00-00-000Z',
      '2026-05-18T09-00-00-000Z.before_load-test',
    ]);
    expect(new Uint8Array(await archive.read('2026-05-21T09-00-00-000Z'))).toEqual(Uint8Array.of(3));
    await expect(saveSnapshot(archive, STATE, { at: at + 4 * DAY, keep: 2 })).rejects.toThrow('is there already');
    expect(findSnapshot(all, 'before_load-test', undefined)).toEqual(labelled);
    expect(findSnapshot(all, '2026-05-22', at + 3.5 * DAY).name).toBe('2026-05-21T09-00-00-000Z');
    expect(() => findSnapshot(all, '2026-05-01', at - DAY)).toThrow(
      'the oldest is 2026-05-18T09-00-00-000Z.before_load-test',
    );
    await archive.remove(labelled.name);
    expect(await listSnapshots(archive)).toHaveLength(2);
  });
});

it('a label is what a name can hold, and those with one are bounded too', async () => {
  const archive = memoryArchive();
  for (const label of ['', 'a/b', '../x', 'ä', 'x'.repeat(65), '.x']) {
    await expect(saveSnapshot(archive, STATE, { at: 0, label, keep: 1 })).rejects.toThrow(InputError);
  }
  for (let i = 0; i < 100; i++) await saveSnapshot(archive, STATE, { at: i, label: 'mine', keep: 1 });
  await expect(saveSnapshot(archive, STATE, { at: 100, label: 'mine', keep: 1 })).rejects.toThrow(
    'memory has 100 snapshots with a label, the most that are kept: remove some',
  );
});

/** Fewer polls than most plans make. */
const EVERY = 3 * HOUR;

/** Notices but for their ids, which number them. */
const said = (told: readonly Notice[]) => told.map(({ id: _, alarm: __, ...rest }) => rest);
const SPIKE = JUDGED + DAY;
const STRANGER = { caller: 'arn:aws:iam::111122223333:role/Stranger' };

/** Days with something on each: a burst, a change, a new caller, a burst that goes on for hours, a silence. */
const records = sorted([
  ...steady(JUDGED + 9 * DAY, { without: { from: SPIKE + 4 * DAY, to: SPIKE + 4 * DAY + 7 * HOUR } }),
  ...burst(SPIKE, 150),
  { call: callAt(SPIKE + DAY, { operation: 'DisableKey', ...STRANGER }), at: SPIKE + DAY + MINUTE },
  ...burst(SPIKE + 2 * DAY, 90, undefined, STRANGER),
  ...burst(SPIKE + 3.1 * DAY, 200),
  ...burst(SPIKE + 6 * DAY, 150),
]);

describe('a plan with snapshots', { timeout: 120_000 }, () => {
  it('makes one a day by itself once it has learned, of the state as it is kept', async () => {
    const archive = memoryArchive();
    const store = memoryStore();
    const { health } = await run({ sources: [logOf('log', records)], every: EVERY }, JUDGED + 4 * DAY, {
      store,
      snapshots: { archive, keep: 2 },
    });
    expect(health.notices.decided).toBeGreaterThan(2);
    const all = await listSnapshots(archive);
    expect(all.map(({ at }) => at)).toEqual([all[0].at, all[0].at - DAY]);
    expect(all[0].at).toBeGreaterThan(JUDGED + 3 * DAY);
    await run({ sources: [logOf('log', records)], every: EVERY }, JUDGED + 5 * DAY, {
      store: memoryStore(await archive.read(all[0].name)),
    });
  });

  it('goes on where none can be kept, and says so', async () => {
    const problems: PlanProblem[] = [];
    const archive = { ...memoryArchive(), list: () => Promise.reject(new Error('no such folder')) };
    const { told } = await run({ sources: [logOf('log', records)], every: EVERY }, JUDGED + 2 * DAY, {
      snapshots: { archive },
      onProblem: (problem) => problems.push(problem),
    });
    expect(told.length).toBeGreaterThan(0);
    expect(problems[0]).toMatchObject({ part: 'store', name: 'snapshots' });
  });
});

describe('revertState', { timeout: 120_000 }, () => {
  const sources = [logOf('log', records)];
  let straight: ReturnType<typeof run> | undefined;
  const planOf = (input: Partial<PlanInput> = {}) =>
    definePlan({
      purpose: 'Test',
      owner: 'Tests',
      notify: [{ name: 'none', tell: () => undefined }],
      sources,
      timeZone: 'UTC',
      every: EVERY,
      ...input,
    });

  it.each([
    ['five days, while an alarm is open', SPIKE + 0.2 * DAY, SPIKE + 4.25 * DAY],
    ['to where an alarm was open that is over by now', SPIKE + 20 * MINUTE, SPIKE + 5 * DAY],
    ['six days', SPIKE + 0.2 * DAY, SPIKE + 6.5 * DAY],
  ])(
    'goes back %s and reports what is reported without: nothing twice, nothing lost, no id twice',
    async (_, then, at) => {
      const end = JUDGED + 8.5 * DAY;
      straight ??= run({ sources, every: EVERY }, end);
      const store = memoryStore();
      const first = await run({ sources, every: EVERY }, then, { store });
      const snapshot = Uint8Array.from((await store.load()) ?? []);
      const second = await run({ sources, every: EVERY }, at, { store, from: then });
      const current = (await store.load()) ?? STATE;
      const reverted = revertState(current, snapshot, planOf(), { at });
      const third = await run({ sources, every: EVERY }, end, { store: memoryStore(reverted), from: at });
      const all = [...first.told, ...second.told, ...third.told];
      expect(said(all)).toEqual(said((await straight).told));
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(third.health.notices.decided).toBe(all.length);
      // Each alarm that was opened is closed under the same alarm.
      for (const { alarm } of all.filter(({ change }) => change === 'closed')) {
        expect(all.find(({ id }) => id === alarm)?.change).toBe('opened');
      }
    },
  );

  it('forgets what a load test has taught, once the plan excludes it', async () => {
    const test = { from: SPIKE + DAY, to: SPIKE + 2.5 * DAY };
    const load = Array.from({ length: 432 }, (_, i) => burst(test.from + i * 5 * MINUTE, 120)).flat();
    const loaded = [logOf('log', sorted([...steady(JUDGED + 8 * DAY), ...load, ...burst(SPIKE + 5 * DAY, 40)]))];
    const store = memoryStore();
    await run({ sources: loaded, every: EVERY }, SPIKE + 0.5 * DAY, { store });
    const snapshot = Uint8Array.from((await store.load()) ?? []);
    const poisoned = await run({ sources: loaded, every: EVERY }, SPIKE + 4 * DAY, { store, from: SPIKE + 0.5 * DAY });
    const at = SPIKE + 4 * DAY;
    const plan = { sources: loaded, every: EVERY, exclude: [test] };
    const reverted = revertState((await store.load()) ?? STATE, snapshot, planOf(plan), { at });
    const end = SPIKE + 6 * DAY;
    const left = await run({ sources: loaded, every: EVERY }, end, { store, from: at });
    const back = await run(plan, end, { store: memoryStore(reverted), from: at });
    expect(poisoned.told.length).toBeGreaterThan(0);
    const upper = (told: readonly Notice[]) =>
      told.find(({ change, at }) => change === 'opened' && at > SPIKE + 5 * DAY)?.anomaly?.expected;
    // A burst of 40 calls where there are 3 is found by the one, and by the other against what is usual.
    expect(upper(back.told)).toBeLessThan(10);
    expect(upper(left.told) ?? Infinity).toBeGreaterThan(upper(back.told) ?? 0);
    // What was open when it was put back is closed, since it is none by now.
    const open = poisoned.told.filter(
      ({ change, id }) =>
        change === 'opened' && !poisoned.told.some((one) => one.alarm === id && one.change === 'closed'),
    );
    for (const { id } of open) expect(back.told.filter(({ alarm }) => alarm === id).at(-1)?.change).toBe('closed');
    const ids = [...poisoned.told, ...back.told].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('waits for a source that fails at first, and for nothing longer than an hour', async () => {
    const store = memoryStore();
    await run({ sources, every: EVERY }, SPIKE + 0.5 * DAY, { store });
    const snapshot = Uint8Array.from((await store.load()) ?? []);
    await run({ sources, every: EVERY }, SPIKE + 3 * DAY, { store, from: SPIKE + 0.5 * DAY });
    const at = SPIKE + 3 * DAY;
    const reverted = revertState((await store.load()) ?? STATE, snapshot, planOf(), { at });
    const failing = (until: number) => {
      const [log] = sources;
      const other = {
        name: 'other',
        poll: ({ now, from }: { now: number; from: number }) => {
          if (now < until) throw new Error('not now');
          return { calls: [], coverage: [{ from, to: now }], cursor: now };
        },
      };
      return [log, other];
    };
    const settled = async (until: number, to: number) => {
      const { health } = await run({ sources: failing(until) }, to, {
        store: memoryStore(reverted),
        from: at,
        onProblem: () => undefined,
      });
      return health.settledUntil ?? 0;
    };
    expect(await settled(Infinity, at + 30 * MINUTE)).toBeLessThanOrEqual(SPIKE + 0.5 * DAY);
    expect(await settled(Infinity, at + 3 * HOUR)).toBeGreaterThan(at);
    expect(await settled(at + 30 * MINUTE, at + 2 * HOUR)).toBeGreaterThan(at);
  });

  it('refuses what is no earlier state of the plan', async () => {
    const store = memoryStore();
    await run({ sources, every: EVERY }, SPIKE, { store });
    const early = Uint8Array.from((await store.load()) ?? []);
    await run({ sources, every: EVERY }, SPIKE + DAY, { store, from: SPIKE });
    const late = (await store.load()) ?? STATE;
    expect(() => revertState(early, late, planOf(), { at: SPIKE })).toThrow(
      'the snapshot must be older than the state',
    );
    expect(() => revertState(late, STATE, planOf(), { at: SPIKE })).toThrow(
      'bytes are not those of the state of a plan',
    );
    expect(() => revertState(late, early, planOf({ name: 'other' }), { at: SPIKE })).toThrow(
      'plan.name must be that of the state',
    );
    const learning = memoryStore();
    await run({ sources: [logOf('log', [], [{ from: 0, to: Infinity }])] }, JUDGED + 2 * HOUR, { store: learning });
    const unlearned = (await learning.load()) ?? STATE;
    expect(() => revertState(late, unlearned, planOf(), { at: SPIKE })).toThrow('still learning');
  });
});
