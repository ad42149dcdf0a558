import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { type FindingOptions, type KeyFinding, type KmsKey, keyFindings } from '../../src/kms/lifecycle.js';
import { newCallers } from '../../src/kms/lifecycle-callers.js';
import { keyUseIn } from '../../src/kms/lifecycle-use.js';
import type { SeriesKey } from '../../src/series/key.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { KEY, OTHER_KEY } from '../support/sets.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 19);
/** 60 days of days. */
const START = NOW - 60 * DAY;

const key = (fields: Partial<KmsKey> = {}): KmsKey => ({
  keyArn: KEY,
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  aliases: ['alias/orders'],
  state: 'Enabled',
  manager: 'CUSTOMER',
  origin: 'AWS_KMS',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  customKeyStoreId: null,
  multiRegion: false,
  created: NOW - 400 * DAY,
  deletion: null,
  materialExpires: null,
  rotation: null,
  lastUse: null,
  trackedSince: null,
  failed: [],
  ...fields,
});

/** Counts by day: a row's calls are given by the days before NOW. */
function counts(
  rows: readonly [Partial<SeriesKey>, Readonly<Record<number, number>>][],
  observed: (day: number) => number = () => 1,
): SeriesSet {
  return seriesSet({
    start: START,
    step: DAY,
    observed: Array.from({ length: 60 }, (_, i) => observed(60 - i)),
    series: rows.map(([names, calls]) => ({
      key: names,
      values: Array.from({ length: 60 }, (_, i) => calls[60 - i] ?? 0),
    })),
  });
}

const decrypt = (calls: Readonly<Record<number, number>>, names: Partial<SeriesKey> = {}) =>
  [{ operation: 'Decrypt', keyArn: KEY, ...names }, calls] as [Partial<SeriesKey>, Readonly<Record<number, number>>];
const find = (k: KmsKey, set: SeriesSet, options: Partial<FindingOptions> = {}): KeyFinding[] =>
  keyFindings([k], set, { now: NOW, ...options });
const kinds = (...args: Parameters<typeof find>): string[] => find(...args).map(({ kind }) => kind);

describe('keyFindings', () => {
  it.each(['Disabled', 'PendingDeletion', 'Unavailable'])('names a key that is %s but still used', (state) => {
    const deletion = NOW + 5 * DAY;
    const set = counts([decrypt({ 3: 12, 50: 48 })]);
    expect(find(key({ state, deletion }), set)).toEqual([
      expect.objectContaining({ kind: 'needed-but-unusable', at: deletion, perDay: 1 }),
    ]);
    // A week ago at the latest, by default.
    expect(kinds(key({ state }), counts([decrypt({ 20: 12 })]))).toEqual([]);
    expect(kinds(key({ state }), counts([decrypt({ 20: 12 })]), { recent: 21 * DAY })).toEqual(['needed-but-unusable']);
    expect(kinds(key({ state, lastUse: { time: NOW - DAY, operation: 'Decrypt' } }), counts([]))).toEqual([
      'needed-but-unusable',
    ]);
    expect(kinds(key({ state: 'Enabled' }), set)).toEqual([]);
  });

  it('takes refused calls for need: a key that is to be deleted refuses all of them', () => {
    const set = counts([decrypt({ 2: 40 }, { outcome: 'error' }), decrypt({ 30: 5 }, { outcome: 'ok' })]);
    const [{ use }] = find(key({ state: 'PendingDeletion' }), set);
    expect(use).toMatchObject({ calls: 45, failed: 40, lastCall: NOW - 2 * DAY });
  });

  it('trap 11: takes neither dry runs nor changes to the key for use', () => {
    const set = counts([
      decrypt({ 1: 9 }, { outcome: 'dry-run' }),
      [{ operation: 'ScheduleKeyDeletion', keyArn: KEY, outcome: 'ok' }, { 1: 1 }],
      [{ operation: 'DescribeKey', keyArn: KEY, outcome: 'ok' }, { 1: 100 }],
    ]);
    expect(kinds(key({ state: 'PendingDeletion' }), set)).toEqual([]);
  });

  describe('imported material', () => {
    const imported = (expires: number): KmsKey => key({ origin: 'EXTERNAL', materialExpires: expires });
    const used = decrypt({ 1: 30, 2: 30 });
    const imports = (...days: number[]) =>
      [
        { operation: 'ImportKeyMaterial', keyArn: KEY, outcome: 'ok' },
        Object.fromEntries(days.map((day) => [day, 1])),
      ] as [Partial<SeriesKey>, Readonly<Record<number, number>>];

    it('is told of when it expires soon, and nobody is known to renew it', () => {
      const [finding] = find(imported(NOW + 10 * DAY), counts([used]));
      expect(finding).toMatchObject({ kind: 'material-expires', at: NOW + 10 * DAY, perDay: 1, renewal: null });
      expect(kinds(imported(NOW + 50 * DAY), counts([used]))).toEqual([]);
      expect(kinds(imported(NOW + 50 * DAY), counts([used]), { ahead: 60 * DAY })).toEqual(['material-expires']);
    });

    it('is told of when at the rhythm of earlier renewals it expires before the next', () => {
      const renewed = counts([used, imports(58, 38, 18)]);
      const [finding] = find(imported(NOW + DAY), renewed);
      expect(finding).toMatchObject({ kind: 'material-expires', renewal: NOW + 2 * DAY });
      expect(kinds(imported(NOW + 3 * DAY), renewed)).toEqual([]);
      // A single import is no rhythm.
      expect(find(imported(NOW + 3 * DAY), counts([used, imports(18)]))).toMatchObject([{ renewal: null }]);
      // Known to be renewed too late, however far ahead that is.
      const yearly = counts([used, imports(59, 1)]);
      expect(find(imported(NOW + 40 * DAY), yearly)).toMatchObject([{ renewal: NOW + 57 * DAY }]);
    });

    it('is of no interest on a key that is not used', () => {
      expect(kinds(imported(NOW + DAY), counts([decrypt({ 55: 1 })]))).toEqual([]);
    });
  });

  describe('a key that is never used', () => {
    it('is certain where KMS has kept track ever since it was created', () => {
      const young = key({ created: NOW - 40 * DAY, trackedSince: NOW - 100 * DAY });
      expect(find(young, counts([]))).toMatchObject([{ kind: 'never-used', certain: true, perDay: 0 }]);
    });

    it('trap 44: is not certain where it is older than what KMS keeps track of', () => {
      const old = key({ created: NOW - 400 * DAY, trackedSince: NOW - 100 * DAY });
      expect(find(old, counts([]))).toMatchObject([{ kind: 'never-used', certain: false }]);
      // Known for ten days only, and counted for none.
      const blind = counts([], () => 0);
      expect(kinds(key({ trackedSince: NOW - 10 * DAY }), blind)).toEqual([]);
      expect(kinds(key({ trackedSince: null }), blind)).toEqual([]);
      expect(kinds(key({ trackedSince: null }), counts([]))).toEqual(['never-used']);
    });

    it('is not told of a new key, of one that AWS manages, of one that is used or cannot be', () => {
      const set = counts([]);
      expect(kinds(key({ created: NOW - 3 * DAY }), set)).toEqual([]);
      expect(kinds(key({ created: null }), set)).toEqual([]);
      expect(kinds(key({ manager: 'AWS' }), set)).toEqual([]);
      expect(kinds(key({ state: 'Disabled' }), set)).toEqual([]);
      expect(kinds(key({ lastUse: { time: 0, operation: 'Sign' } }), set)).toEqual([]);
      expect(kinds(key(), counts([decrypt({ 59: 1 })]))).toEqual([]);
      expect(kinds(key(), counts([decrypt({ 59: 1 }, { keyArn: OTHER_KEY })]))).toEqual(['never-used']);
    });
  });

  it('takes the rate of a baseline where one is given', () => {
    const set = counts([decrypt(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [i + 1, 24])))]);
    const baseline = fitBaseline(set);
    const rate = (keyArn: string) => baseline.band({ operation: 'Decrypt', keyArn }, NOW + DAY).expected;
    const [finding] = find(key({ state: 'Disabled' }), set, { rate });
    expect(finding.perDay).toBeGreaterThan(20);
    expect(finding.perDay).toBeLessThan(28);
  });

  it('does not count as use, nor as its lack, what was not observed', () => {
    const set = counts([decrypt({ 3: 12 })], (day) => (day > 30 ? 1 : 0));
    expect(keyUseIn(set)(KEY)).toEqual({ calls: 0, failed: null, lastCall: null, observed: 30 * DAY, imports: [] });
    expect(keyUseIn(set)('other')).toMatchObject({ observed: 30 * DAY });
  });

  it('counts a call once, however many levels the set has', () => {
    const set = counts([
      decrypt({ 2: 10 }),
      decrypt({ 2: 7 }, { outcome: 'ok' }),
      decrypt({ 2: 3 }, { outcome: 'error' }),
      decrypt({ 2: 10 }, { caller: 'role' }),
      decrypt({ 2: 10 }, { account: '1' }),
      [{ keyArn: KEY }, { 2: 10 }],
      [{ operation: 'Encrypt', keyArn: KEY }, { 4: 5 }],
    ]);
    expect(keyUseIn(set)(KEY)).toMatchObject({ calls: 15, failed: 3, lastCall: NOW - 2 * DAY });
  });

  it.each([
    [{ now: NaN }, 'now'],
    [{ recent: 0 }, 'recent'],
    [{ ahead: -1 }, 'ahead'],
    [{ idle: Infinity }, 'idle'],
  ])('refuses %o', (bad, name) => {
    expect(() => find(key(), counts([]), bad)).toThrow(InputError);
    expect(() => find(key(), counts([]), bad)).toThrow(name);
  });

  it('refuses levels', () => {
    expect(() => find(key(), { ...counts([]), measure: 'level' })).toThrow('counts.measure');
  });
});

describe('newCallers', () => {
  const by = (caller: string, calls: Readonly<Record<number, number>>, keyArn = KEY) =>
    [{ keyArn, caller }, calls] as [Partial<SeriesKey>, Readonly<Record<number, number>>];

  it('names who uses a key for the first time, the most calls first', () => {
    const history = counts([by('app', { 5: 1 }), by('eve', { 5: 1 }, OTHER_KEY), by('ann', {})]);
    const window = counts([
      by('app', { 1: 100 }),
      by('eve', { 2: 3, 1: 4 }),
      by('ann', { 1: 9 }),
      by('app', { 1: 1 }, OTHER_KEY),
      by('bob', {}),
      [{ caller: 'zed' }, { 1: 5 }],
      [{ keyArn: KEY, caller: 'zed', operation: 'Decrypt' }, { 1: 5 }],
    ]);
    expect(newCallers(history, window)).toEqual([
      { keyArn: KEY, caller: 'ann', calls: 9, first: NOW - DAY },
      { keyArn: KEY, caller: 'eve', calls: 7, first: NOW - 2 * DAY },
      { keyArn: OTHER_KEY, caller: 'app', calls: 1, first: NOW - DAY },
    ]);
  });

  it('refuses levels', () => {
    expect(() => newCallers({ ...counts([]), measure: 'level' }, counts([]))).toThrow('history.measure');
  });
});
