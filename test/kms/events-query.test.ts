import { describe, expect, it } from 'vitest';
import { athenaEventsQuery, insightsEventsQuery } from '../../src/kms/events-query.js';
import { isByCaller, isCallerOfKey, judgedRows } from '../../src/kms/judged-rows.js';
import { newCallers } from '../../src/kms/lifecycle-callers.js';
import { REFUSED_KEYS } from '../../src/kms/refused-keys.js';
import { errorMetric, type SeriesKey, seriesKey } from '../../src/series/key.js';
import { seriesSet } from '../../src/series/series-set.js';

const FROM = Date.UTC(2026, 4, 4);
const asked = (key: Partial<SeriesKey>, more = {}) => ({
  key: seriesKey(key),
  from: FROM,
  to: FROM + 3_600_000,
  ...more,
});
const ALL = { operation: 'Decrypt', keyArn: 'arn:k', account: '1', region: 'eu-central-1', caller: "role/O'Hara" };

describe('the queries that show the records of a series', () => {
  const athena = (key: Partial<SeriesKey>, more = {}) =>
    athenaEventsQuery(asked(key, more))
      .replace(/^.* WHERE /, '')
      .replace(/ ORDER BY .*$/, '');
  const insights = (key: Partial<SeriesKey>) =>
    insightsEventsQuery(asked(key))
      .replace(/^.* filter /, '')
      .replace(/ \| sort .*$/, '');
  const times =
    "eventsource = 'kms.amazonaws.com' AND eventtime >= '2026-05-04T00:00:00Z' AND eventtime < '2026-05-04T01:00:00Z'";

  it('ask for what the key names, and no more', () => {
    expect(athena({})).toBe(times);
    expect(insights({})).toBe('eventSource = "kms.amazonaws.com"');
    expect(athena(ALL)).toBe(
      `${times} AND eventname = 'Decrypt' AND recipientaccountid = '1' AND awsregion = 'eu-central-1' AND ` +
        "any_match(resources, r -> r.arn = 'arn:k') AND " +
        "'role/O''Hara' IN (useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, useridentity.invokedby)",
    );
    const who = ['sessionContext.sessionIssuer.arn', 'arn', 'invokedBy'].map(
      (it) => `userIdentity.${it} = "role/O'Hara"`,
    );
    expect(insights(ALL)).toBe(
      'eventSource = "kms.amazonaws.com" and eventName = "Decrypt" and recipientAccountId = "1" and awsRegion = "eu-central-1" ' +
        `and (resources.0.ARN = "arn:k" or resources.1.ARN = "arn:k") and (${who.join(' or ')})`,
    );
  });

  it('ask for how the calls ended', () => {
    const ends = (key: Partial<SeriesKey>) => [
      athena(key).slice(times.length),
      insights(key).slice('eventSource = "kms.amazonaws.com"'.length),
    ];
    expect(ends({ outcome: 'ok' })).toEqual([' AND errorcode IS NULL', ' and not ispresent(errorCode)']);
    expect(ends({ outcome: 'dry-run' })).toEqual([
      " AND errorcode = 'DryRunOperationException'",
      ' and errorCode = "DryRunOperationException"',
    ]);
    expect(ends({ outcome: 'error' })).toEqual([
      " AND errorcode IS NOT NULL AND errorcode <> 'DryRunOperationException'",
      ' and ispresent(errorCode) and errorCode != "DryRunOperationException"',
    ]);
    expect(ends({ outcome: 'error', metric: errorMetric('AccessDenied') })).toEqual([
      " AND errorcode = 'AccessDenied'",
      ' and errorCode = "AccessDenied"',
    ]);
  });

  it('ask for whole seconds from the first on, in the order that is wanted, of the table that is named', () => {
    const query = athenaEventsQuery({ ...asked({}), from: FROM + 1, to: FROM + 1001 }, 'trail');
    expect(query).toContain("eventtime >= '2026-05-04T00:00:01Z' AND eventtime < '2026-05-04T00:00:02Z'");
    expect(query).toMatch(/ FROM trail WHERE .* ORDER BY eventtime LIMIT 200$/);
    expect(athenaEventsQuery(asked({}, { latestFirst: true }))).toMatch(
      / FROM cloudtrail_logs .* eventtime DESC LIMIT 200$/,
    );
    expect(insightsEventsQuery(asked({}))).toMatch(/ \| sort @timestamp asc \| limit 200$/);
    expect(insightsEventsQuery(asked({}, { latestFirst: true }))).toMatch(/ \| sort @timestamp desc \| limit 200$/);
  });
});

const rowsOf = (keys: readonly Partial<SeriesKey>[], values = keys.map(() => [1])) =>
  seriesSet({
    start: FROM,
    step: 3_600_000,
    series: keys.map((key, i) => ({ key: seriesKey(key), values: values[i] })),
  });

describe('the rows that are judged', () => {
  const pair = { keyArn: 'arn:k', operation: 'Decrypt' };
  const keys: Partial<SeriesKey>[] = [
    {},
    pair,
    { ...pair, caller: 'a' },
    { ...pair, caller: 'b' },
    { ...pair, operation: 'Encrypt', caller: 'a' },
    { ...pair, keyArn: 'arn:l', caller: 'a' },
    { ...pair, caller: 'a', outcome: 'error', metric: errorMetric('AccessDenied') },
    { operation: 'Decrypt', caller: 'a' },
    { keyArn: 'arn:k', caller: 'a' },
  ];
  const judged = (callers: 'several' | 'all') =>
    judgedRows(rowsOf(keys), callers)
      .keys.filter(({ metric }) => metric !== REFUSED_KEYS)
      .map(({ keyArn, operation, caller }) => [keyArn, operation, caller].join());

  it('are those without a caller, and of callers those that say something of their own', () => {
    expect(judged('several')).toEqual([',,', 'arn:k,Decrypt,', 'arn:k,Decrypt,a', 'arn:k,Decrypt,b']);
    expect(judged('all')).toEqual([...judged('several'), 'arn:k,Encrypt,a', 'arn:l,Decrypt,a']);
    expect(keys.map((key, i) => (isCallerOfKey(seriesKey(key)) ? i : -1)).filter((i) => i >= 0)).toEqual([2, 3, 4, 5]);
  });

  it('have who called in those that name a caller, but not in those of keys that refuse one', () => {
    expect(keys.map((key) => isByCaller(seriesKey(key)))).toEqual(keys.map(({ caller }) => caller !== undefined));
    expect(isByCaller(seriesKey({ caller: 'a', outcome: 'error', metric: REFUSED_KEYS }))).toBe(false);
    expect(isByCaller(seriesKey({ metric: REFUSED_KEYS }))).toBe(false);
  });
});

describe('callers that are new', () => {
  const history = rowsOf([
    { keyArn: 'k', caller: 'known' },
    { keyArn: 'l', caller: 'other' },
  ]);

  it('come with most calls first, then the earliest, then by name; each of its key', () => {
    const window = rowsOf(
      [
        { keyArn: 'k', caller: 'late' },
        { keyArn: 'k', caller: 'known' },
        { keyArn: 'k', caller: 'b' },
        { keyArn: 'k', caller: 'a' },
        { keyArn: 'k', caller: 'many' },
        { keyArn: 'k', caller: 'other' },
        { keyArn: 'k', caller: 'silent' },
      ],
      [
        [0, 0, 2],
        [5, 5, 5],
        [2, 0, 0],
        [2, 0, 0],
        [1, 1, 1],
        [0, 2, 0],
        [0, 0, 0],
      ],
    );
    expect(
      newCallers(history, window).map(({ caller, calls, first }) => [caller, calls, (first - FROM) / 3_600_000]),
    ).toEqual([
      ['many', 3, 0],
      ['a', 2, 0],
      ['b', 2, 0],
      ['other', 2, 1],
      ['late', 2, 2],
    ]);
  });

  it('are read from rows of key and caller alone, of calls that were observed', () => {
    const window = rowsOf(
      [
        { keyArn: 'k' },
        { caller: 'x' },
        ...['operation', 'account', 'region'].map((name) => ({ keyArn: 'k', caller: 'x', [name]: 'y' })),
        { keyArn: 'k', caller: 'x', outcome: 'ok' },
        { keyArn: 'k', caller: 'z' },
      ],
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
        [Number.NaN, 4],
      ],
    );
    expect(newCallers(history, window)).toEqual([{ keyArn: 'k', caller: 'z', calls: 4, first: FROM + 3_600_000 }]);
    expect(() => newCallers(history, { ...window, measure: 'level' })).toThrow("window.measure must be 'count'");
  });
});
