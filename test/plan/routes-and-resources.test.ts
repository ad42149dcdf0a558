import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { KmsKey } from '../../src/kms/lifecycle.js';
import { checkStated, refusedText } from '../../src/plan/check-stated.js';
import { deadlineFindings } from '../../src/plan/deadlines.js';
import { lifecycleFindings } from '../../src/plan/lifecycle-watch.js';
import type { Notice, NoticeKind } from '../../src/plan/notice.js';
import { callFilter, checkResources, rowFilter } from '../../src/plan/resources.js';
import { type RouteOptions, routedNotifier } from '../../src/plan/routed.js';
import { type SeriesKey, seriesKey } from '../../src/series/key.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { DAY, HOUR, MINUTE } from '../../src/time/grid.js';
import { KEY, OTHER_KEY } from '../support/sets.js';

const START = Date.UTC(2026, 5, 1);

describe('deadlines that metrics count down to', () => {
  const MATERIAL = 'AWS/KMS SecondsUntilKeyMaterialExpiration KeyId=1234abcd';
  const levels = (metric: string, ...values: number[]) =>
    seriesSet({
      start: START,
      step: MINUTE,
      measure: 'level',
      series: [{ key: seriesKey({ metric, region: 'r' }), values }],
    });
  /** The findings of one look after another, each after so long, with so much left. */
  const looks = (metric: string, unit: number, ...lefts: readonly number[]) => {
    let told = {};
    return lefts.map((left) => {
      const found = deadlineFindings(levels(metric, left / unit), START + MINUTE, told);
      told = found.told;
      return found.findings.map(({ text }) => text).join();
    });
  };

  it('are reported once at 30 days, a week, a day, and when they have come', () => {
    const lefts = [31 * DAY, 30 * DAY, 29 * DAY, 7 * DAY, 2 * DAY, DAY, HOUR, 0, 0].map((left) => left);
    const texts = looks(MATERIAL, 1000, ...lefts);
    expect(texts.map((text) => text !== '')).toEqual([false, true, false, true, false, true, false, true, false]);
    expect(texts[3]).toBe(
      'The imported material of key 1234abcd in r expires in 1 week, and then calls on the key fail.',
    );
    expect(texts[7]).toBe('The imported material of key 1234abcd in r has expired, and then calls on the key fail.');
    expect(looks(MATERIAL, 1000, 1000)[0]).toContain('expires in 1 h,');
  });

  it('are reported anew when they were put off', () => {
    expect(looks(MATERIAL, 1000, DAY, 60 * DAY, 20 * DAY, 8 * DAY).map((text) => text !== '')).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(looks(MATERIAL, 1000, DAY, 5 * DAY, DAY).map((text) => text !== '')).toEqual([true, false, true]);
  });

  it('count in the unit of their metric', () => {
    const proxy = 'AWS/KMS XksProxyCertificateDaysToExpire CustomKeyStoreName=store';
    expect(looks(proxy, DAY, 31 * DAY, 6 * DAY)).toEqual([
      '',
      'The certificate of the external key store proxy store in r expires in 6 days, and then calls on the keys in its store fail.',
    ]);
    expect(looks('AWS/KMS Other KeyId=x', 1000, 0)).toEqual(['']);
  });

  it('are those of the last value that was observed, from the end of its bucket', () => {
    const at = (now: number, ...values: number[]) =>
      deadlineFindings(levels(MATERIAL, ...values), now, {}).findings.length;
    const day = DAY / 1000;
    // Counted from the end of the first minute: 30 days and a minute from the start.
    expect(at(START + MINUTE - 1, 30 * day, Number.NaN, Number.NaN)).toBe(0);
    expect(at(START + MINUTE, 30 * day, Number.NaN)).toBe(1);
    expect(at(START, Number.NaN)).toBe(0);
    expect(at(START + 2 * MINUTE, 0, 40 * day)).toBe(0);
    const before = { other: 2 };
    expect(deadlineFindings(levels(MATERIAL, Number.NaN), START, before).told).toEqual(before);
  });
});

describe('what is reported of keys', () => {
  const none = seriesSet({ start: START, step: DAY, series: [{ key: seriesKey({ keyArn: KEY }), values: [0] }] });
  const keyWith = (fields: Partial<KmsKey>) => ({ ...FRESH, ...fields });
  const texts = (now: number, told: object, ...keys: KmsKey[]) => {
    const found = lifecycleFindings(keys, none, now, told as Record<string, number>);
    return { told: found.told, texts: found.findings.map(({ text }) => text) };
  };
  const rotating = (next: number | null, enabled = true) => ({ rotation: { enabled, periodDays: 365, next } });

  it('is rotation that is due for more than two days, once, and again after it was done', () => {
    const due = keyWith(rotating(START));
    expect(texts(START + 2 * DAY, {}, due).texts).toEqual([]);
    const first = texts(START + 3 * DAY, {}, due);
    expect(first.texts).toEqual(['1234abcd (eu-central-1) should have been rotated 3 days ago, and was not.']);
    expect(texts(START + 9 * DAY, first.told, due).texts).toEqual([]);
    const done = texts(START + 10 * DAY, first.told, keyWith(rotating(START + 300 * DAY)));
    expect(done).toEqual({ told: {}, texts: [] });
    expect(texts(START + 11 * DAY, done.told, due).texts).toHaveLength(1);
    const others = [
      rotating(START, false),
      rotating(null),
      { rotation: null },
      { ...rotating(START), state: 'Disabled' },
    ];
    for (const fields of others) expect(texts(START + 9 * DAY, {}, keyWith(fields)).texts).toEqual([]);
  });

  it('is a deletion of a key that is still used: when found, 30 days, a week and a day before', () => {
    const used = (time: number) => ({ lastUse: { time, operation: 'Decrypt' } });
    const doomed = keyWith({ state: 'PendingDeletion', deletion: START + 31 * DAY, ...used(START) });
    let told = {};
    const looks = [0, 0.5, 1, 2, 24, 25, 30, 30.5].map((days) => {
      const found = texts(START + days * DAY, told, { ...doomed, ...used(START + days * DAY) });
      told = found.told;
      return found.texts.length;
    });
    expect(looks).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    expect(texts(START, {}, doomed).texts[0]).toMatch(
      /^1234abcd \(eu-central-1\) is PendingDeletion and still needed \(used lately\), and will be deleted in /,
    );
    expect(texts(START + DAY, {}, { ...doomed, deletion: START + DAY }).texts[0]).toContain('and is being deleted.');
    expect(texts(START, {}, { ...doomed, state: 'Disabled', deletion: null }).texts[0]).toMatch(/\(used lately\)\.$/);
  });
});

const FRESH: KmsKey = {
  keyArn: KEY,
  keyId: KEY.replace(/^.*\//, ''),
  aliases: [],
  state: 'Enabled',
  manager: 'CUSTOMER',
  origin: 'AWS_KMS',
  spec: null,
  usage: null,
  customKeyStoreId: null,
  multiRegion: false,
  created: START - DAY,
  deletion: null,
  materialExpires: null,
  rotation: null,
  lastUse: null,
  trackedSince: null,
  failed: [],
};

describe('the resources of a plan', () => {
  const call = {
    time: START,
    operation: 'Decrypt',
    keyArns: [KEY, OTHER_KEY],
    account: '1',
    region: 'r',
    caller: 'c',
    error: null,
    eventId: 'x',
    sharedEventId: null,
  };

  it('are of every list that is there', () => {
    const has = (resources: object) => callFilter(resources)(call) !== undefined;
    expect([{}, { operations: ['Decrypt'] }, { accounts: ['1'] }, { regions: ['r'] }].map(has)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([{ operations: ['X'] }, { accounts: ['2'] }, { regions: ['s'] }, { keys: ['x'] }].map(has)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(callFilter({})(call)).toBe(call);
    expect(callFilter({ keys: [KEY] })(call)?.keyArns).toEqual([KEY]);
    expect(callFilter({ keys: ['*'] })(call)?.keyArns).toEqual([KEY, OTHER_KEY]);
    expect(callFilter({ keys: [KEY.replace('arn:', 'arn.')] })(call)).toBeUndefined();
    expect(callFilter({ keys: ['arn:*'], accounts: ['2'] })(call)).toBeUndefined();
  });

  it('are looked for in rows by what their keys say', () => {
    const has = (resources: object, key: Partial<SeriesKey>) => rowFilter(resources)(seriesKey(key));
    const [, , , region, account] = KEY.split(':');
    expect(has({}, {})).toBe(true);
    expect([
      has({ keys: [KEY] }, { keyArn: KEY }),
      has({ keys: [KEY] }, { keyArn: `${KEY}x` }),
      has({ keys: [KEY] }, {}),
    ]).toEqual([true, false, false]);
    expect([
      has({ operations: ['A'] }, { operation: 'A' }),
      has({ operations: ['A'] }, { operation: 'B' }),
      has({ operations: ['A'] }, {}),
    ]).toEqual([true, false, false]);
    for (const [name, value] of [
      ['accounts', account],
      ['regions', region],
    ] as const) {
      expect(has({ [name]: [value] }, { keyArn: KEY })).toBe(true);
      expect(has({ [name]: ['x'] }, { keyArn: KEY })).toBe(false);
      expect(has({ [name]: ['x'] }, { [name.slice(0, -1)]: 'x' })).toBe(true);
      expect(has({ [name]: ['x'] }, { [name.slice(0, -1)]: 'y' })).toBe(false);
      expect(has({ [name]: ['x'] }, {})).toBe(false);
    }
  });

  it.each<[unknown, string]>([
    [null, 'of must be an object with keys, operations, accounts, regions, got null'],
    [[], 'of must be an object'],
    [7, 'of must be an object'],
    [{ key: [] }, 'of.key is unknown'],
    [{ keys: [] }, 'of.keys must be an array of at least one text'],
    [{ keys: 'x' }, 'of.keys must be an array of at least one text, got "x"'],
    [{ regions: ['r', ''] }, 'of.regions[1] must be a text, got ""'],
    [{ regions: [7] }, 'of.regions[0] must be a text, got 7'],
  ])('are refused: %j', (value, message) => {
    expect(() => checkResources(value, 'of')).toThrow(InputError);
    expect(() => checkResources(value, 'of')).toThrow(message);
  });
});

describe('a notifier that is sent some notices only', () => {
  const sent = (route: RouteOptions, notices: readonly Partial<Notice>[]) => {
    const seen: boolean[] = [];
    for (const notice of notices) {
      let isSent = false;
      void routedNotifier(
        {
          name: 'n',
          tell: async () => {
            isSent = true;
          },
        },
        route,
      ).tell(notice as Notice, new AbortController().signal);
      seen.push(isSent);
    }
    return seen;
  };
  const kinds: NoticeKind[] = ['anomaly', 'change', 'first-seen', 'lifecycle', 'health'];

  it('is sent those that are severe enough, by their severity or else that of their kind', () => {
    const severities = (['low', 'medium', 'high', 'critical'] as const).map((severity) => ({
      kind: 'anomaly' as const,
      severity,
    }));
    expect(sent({}, severities)).toEqual([true, true, true, true]);
    expect(sent({ minSeverity: 'high' }, severities)).toEqual([false, false, true, true]);
    expect(
      sent(
        { minSeverity: 'high' },
        kinds.map((kind) => ({ kind })),
      ),
    ).toEqual([false, true, false, true, false]);
    expect(
      sent(
        { minSeverity: 'medium' },
        kinds.map((kind) => ({ kind })),
      ),
    ).toEqual(Array(5).fill(true));
    expect(
      sent(
        { minSeverity: 'critical' },
        kinds.map((kind) => ({ kind })),
      ),
    ).toEqual(Array(5).fill(false));
  });

  it('is sent those of its kinds, and of those the severe ones', () => {
    expect(
      sent(
        { kinds: ['health', 'change'] },
        kinds.map((kind) => ({ kind })),
      ),
    ).toEqual([false, true, false, false, true]);
    expect(
      sent(
        { kinds: ['health', 'change'], minSeverity: 'high' },
        kinds.map((kind) => ({ kind })),
      ),
    ).toEqual([false, true, false, false, false]);
  });

  it('says what it is about', () => {
    const about = (route: RouteOptions, own?: string) =>
      routedNotifier({ name: 'n', ...(own === undefined ? {} : { about: own }), tell: async () => {} }, route).about;
    expect([
      about({}),
      about({}, 'x'),
      about({ minSeverity: 'high' }),
      about({ kinds: ['health', 'change'], minSeverity: 'low' }, 'x'),
    ]).toEqual(['', 'x', 'high and worse', 'x; low and worse; kinds health, change']);
  });

  it.each<[object, string]>([
    [{ minSeverity: 'bad' }, 'minSeverity must be one of low, medium, high, critical, got "bad"'],
    [{ kinds: [] }, 'kinds must be an array of at least one kind'],
    [{ kinds: 'health' }, 'kinds must be an array of at least one kind'],
    [{ kinds: ['health', 'x'] }, 'kinds[1] must be one of'],
    [{ severity: 'high' }, 'severity is unknown'],
  ])('refuses %j', (route, message) => {
    expect(() => routedNotifier({ name: 'n', tell: async () => {} }, route as RouteOptions)).toThrow(InputError);
    expect(() => routedNotifier({ name: 'n', tell: async () => {} }, route as RouteOptions)).toThrow(message);
  });
});

describe('counts that a source states', () => {
  const set = (fields: Partial<Parameters<typeof seriesSet>[0]>, ...values: number[]) =>
    seriesSet({
      start: START,
      step: MINUTE,
      series: [{ key: seriesKey({ operation: 'Decrypt' }), values }],
      ...fields,
    });
  const check =
    (given: SeriesSet, measure: 'count' | 'level' = 'count') =>
    () =>
      checkStated(given, MINUTE, 'counts of x', measure);

  it('are whole numbers on the grid of the plan', () => {
    expect(check(set({}, 0, 1, Number.NaN, 7))).not.toThrow();
    expect(check(set({ measure: 'level' }, 0.5, -1), 'level')).not.toThrow();
    expect(check(set({ measure: 'level' }, 1))).toThrow("counts of x must be of measure 'count', got 'level'");
    expect(check(set({ step: HOUR }, 1))).toThrow("counts of x must have the plan's step, 1 min, got 1 h");
    expect(check(set({ start: START + 1 }, 1))).toThrow(
      'counts of x.grid.start must be a multiple of the step, got 2026-06-01T00:00:00.001Z',
    );
    const half = { ...set({}, 0, 3), values: Float64Array.of(0, 2.5) };
    expect(check(half)).toThrow('counts of x must be whole numbers from 0, got 2.5 of');
    expect(check({ ...half, values: Float64Array.of(-1, 0) })).toThrow('got -1 of');
    expect(check({ ...half, observed: Uint8Array.of(1, 0) })).not.toThrow();
  });

  it('say which are left out, three of them by name', () => {
    const refused = ['A', 'B', 'C', 'D'].map((operation) => ({
      key: seriesKey({ operation }),
      source: `s${operation}`,
    }));
    expect(refusedText([])).toBeNull();
    expect(refusedText(refused.slice(0, 1))).toBe('left out 1 series that other sources count: A (all keys) (sA)');
    expect(refusedText(refused.slice(0, 3))).toBe(
      'left out 3 series that other sources count: A (all keys) (sA), B (all keys) (sB), C (all keys) (sC)',
    );
    expect(refusedText(refused)).toBe(
      'left out 4 series that other sources count: A (all keys) (sA), B (all keys) (sB), C (all keys) (sC), …',
    );
  });
});
