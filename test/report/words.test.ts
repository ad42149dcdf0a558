import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../src/engine/types.js';
import { InputError } from '../../src/errors.js';
import { type WordsOptions, wordsFor } from '../../src/report/words.js';
import { type SeriesKey, seriesKey } from '../../src/series/key.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const at = (text: string) => Date.parse(`2024-03-05T${text}Z`);
const role = (name: string, account = '111122223333') => `arn:aws:iam::${account}:role/${name}`;

/** A burst of 412 Decrypt calls in the hour from 02:00. */
function anomaly(fields: Partial<Omit<Anomaly, 'key'>> & { key?: Partial<SeriesKey> } = {}): Anomaly {
  return {
    id: '20240305T030000Z-0123456789abcdef',
    severity: 'high',
    decidedBy: { from: at('02:00'), to: at('02:05') },
    verdict: 'above',
    from: at('02:00'),
    to: at('03:00'),
    value: 412,
    expected: 9.2,
    lower: 3,
    upper: 19,
    surprise: 7.31,
    kind: 'spike',
    related: [],
    ...fields,
    key: seriesKey(fields.key ?? { operation: 'Decrypt', keyArn: KEY }),
  };
}

const words = (fields?: Parameters<typeof anomaly>[0], options?: WordsOptions) => wordsFor(anomaly(fields), options);

describe('wordsFor', () => {
  it('says of a spike how bad it is, what, which key, when, how many calls against how many, and how likely by chance', () => {
    expect(words()).toBe(
      'High. Decrypt on 1234abcd (eu-central-1), 2024-03-05 02:00–03:00 UTC: 412 calls (expected about 9.2, normal up to ' +
        '19). A 5-minute count this high is practically impossible by chance.',
    );
  });

  it.each([
    [5, 'A 5-minute count'],
    [1, 'A 1-minute count'],
    [60, 'A 1-hour count'],
    [480, 'An 8-hour count'],
    [1440, 'A 1-day count'],
    [18, 'An 18-minute count'],
    [180 * 60, 'A 180-hour count'],
  ])('names the window of %d minutes that decided', (minutes, text) => {
    const to = at('03:00');
    const decidedBy = { from: to - minutes * 60_000, to };
    const expected = minutes > 120 * 60 ? 'A count this high over 1 week' : `${text} this high`;
    expect(words({ decidedBy })).toContain(`. ${expected}`);
  });

  it('says how long an excess lasts, and leaves out a limit that the whole of it does not pass', () => {
    expect(words({ kind: 'excess', to: at('05:30'), value: 40, expected: 1.5, upper: 76 })).toMatch(
      /^High\. Decrypt on 1234abcd \(eu-central-1\), 2024-03-05 02:00–05:30 UTC \(3 h 30 min\): 40 calls \(expected about 1\.5\)\. /,
    );
  });

  it('says of an anomaly that reaches the end of the judged time that it goes on', () => {
    expect(words({ kind: 'excess' }, { judgedUntil: at('03:00') })).toContain(
      '02:00–03:00 UTC (1 h so far): 412 calls',
    );
    expect(words({ kind: 'excess' }, { judgedUntil: at('03:05') })).not.toContain('so far');
  });

  it('reports a drop', () => {
    const drop = { kind: 'drop', verdict: 'below', value: 2, expected: 65, lower: 29.2, upper: 100 } as const;
    const decidedBy = { from: at('02:00'), to: at('03:00') };
    expect(words({ ...drop, surprise: -4.6, decidedBy })).toBe(
      'High. Decrypt on 1234abcd (eu-central-1), 2024-03-05 02:00–03:00 UTC: 2 calls (expected about 65, normal at least ' +
        '30). A 1-hour count this low happens by chance about 1 in 30,000 times.',
    );
    expect(words({ ...drop, value: 70 })).toContain(': too few for part of it, 70 calls in all (expected about 65). ');
  });

  it('leaves the calls of findings before it out of the count that decided', () => {
    expect(words({ decidedBy: { from: at('02:00'), to: at('03:00'), reported: 90 } })).toContain(
      'A 1-hour count this high, without the calls of findings before it, is practically',
    );
  });

  const silence = {
    kind: 'silence',
    verdict: 'below',
    value: 0,
    expected: 65,
    lower: 1,
    upper: 90,
    surprise: -20,
    to: at('07:00'),
    decidedBy: { from: at('02:00'), to: at('07:00') },
  } as const;

  it('reports a silence by its first missing call, and who stopped', () => {
    expect(words({ ...silence, callers: [{ caller: role('Gateway'), calls: 0, usual: 64.7 }] })).toBe(
      'High. Decrypt on 1234abcd (eu-central-1): no calls 2024-03-05 02:00–07:00 UTC (5 h, expected about 65). This long ' +
        'without calls is practically impossible by chance. role/Gateway stopped; in these hours it usually makes 65.',
    );
    expect(words(silence, { judgedUntil: at('07:00') })).toContain(
      ': no calls since 2024-03-05 02:00 UTC (5 h so far, expected about 65). ',
    );
  });

  it('says of a silence that another window decided which one', () => {
    expect(words({ ...silence, decidedBy: { from: at('01:00'), to: at('07:00') } })).toContain(
      'A 6-hour count this low is',
    );
    expect(words({ ...silence, decidedBy: { from: at('02:00'), to: at('06:00') } })).toContain(' 4 h without calls is');
  });

  it('reports a first use', () => {
    expect(
      words({
        kind: 'first-seen',
        key: { operation: 'DisableKey', keyArn: KEY },
        value: 9,
        expected: 0.01,
        upper: 6.4,
      }),
    ).toMatch(
      /^High\. New use of DisableKey on .* UTC: 9 calls, none in the history \(normal for a new use: up to 6\)\. /,
    );
    expect(words({ kind: 'first-seen', value: 1, expected: 0.01, upper: 0 })).toContain(
      'UTC: 1 call, none in the history. ',
    );
  });

  it('reports a rare use', () => {
    expect(words({ kind: 'rare', value: 3, expected: 0.02, upper: 1 })).toContain(
      'UTC: 3 calls at a time with almost none (expected 0.02).',
    );
  });

  it('reports a lasting change of level', () => {
    expect(words({ kind: 'level-shift' }, { judgedUntil: at('03:00') })).toContain(
      ' has been higher since 2024-03-05 02:00 UTC: 412 calls in 1 h (expected about 9.2, normal up to 19). ',
    );
    expect(words({ kind: 'level-shift', verdict: 'below', value: 2, expected: 65, lower: 30 })).toContain(
      ' was lower 2024-03-05 02:00–03:00 UTC: 2 calls in 1 h (expected about 65, normal at least 30). ',
    );
  });

  it.each([
    [1, 'expected about 1'],
    [0.3, 'expected 0.3'],
    [0.001, 'almost none expected'],
    [12_345.6, 'expected about 12,346'],
  ])('words an expected count of %d', (expected, text) => {
    expect(words({ expected, value: 1e6, upper: 2e6 })).toContain(`: 1,000,000 calls (${text}). `);
  });

  it('uses the singular for one call', () => {
    expect(
      words({ value: 1, expected: 0.1, upper: 0, callers: [{ caller: role('App'), calls: 1, usual: 0 }] }),
    ).toMatch(
      /: 1 call \(expected 0\.1, normal up to 0\)\..* role\/App made it; at these hours it usually makes none\.$/,
    );
  });

  it.each([
    [2.4, 'happens by chance about 1 in 200 times.'],
    [3, 'happens by chance about 1 in 1,000 times.'],
    [-5.6, 'happens by chance about 1 in 300,000 times.'],
    [6, 'happens by chance about 1 in 1,000,000 times.'],
    [6.01, 'is practically impossible by chance.'],
    [-169.5, 'is practically impossible by chance.'],
    [1e4, 'is practically impossible by chance.'],
  ])('never makes a surprise of %d rarer than it is', (surprise, text) => {
    expect(words({ surprise })).toContain(`count this high ${text}`);
  });

  it.each([Infinity, -Infinity, Number.NaN, 0])('gives no probability where there is none (%d)', (surprise) => {
    expect(words({ surprise })).toMatch(/normal up to 19\)\.$/);
    expect(words({ surprise, callers: [{ caller: role('App'), calls: 412, usual: 3 }] })).toMatch(
      /\)\. role\/App made all 412; at these hours it usually makes 3\.$/,
    );
  });

  it('names the callers that make the difference, with the account of those of another one', () => {
    const callers = [
      { caller: role('Exporter', '444455556666'), calls: 300, usual: 0, before: 0 },
      { caller: '444455556666', calls: 60, usual: 1.5, before: 9 },
      { caller: 's3.amazonaws.com', calls: 30, usual: 0.001, before: 1 },
      { caller: 'arn:aws:iam::111122223333:user/staff/Alice', calls: 20, usual: 4 },
      { caller: role('aws-service-role/x.amazonaws.com/Backup'), calls: 2, usual: 3 },
    ];
    expect(words({ callers })).toMatch(
      / role\/Exporter of account 444455556666 made 300 of them \(none in the history\), account 444455556666 60 \(usually 1\.5\), s3\.amazonaws\.com 30 \(usually almost none\)\.$/,
    );
    expect(words({ value: 500, callers: callers.map((share) => ({ ...share, calls: 100 })) })).toContain(
      ', 2 others 200 together (usually 7).',
    );
  });

  it('gives no usual number where the same hours are not known', () => {
    expect(words({ callers: [{ caller: role('App'), calls: 300, usual: null, before: 90 }] })).toMatch(
      / role\/App made 300 of them\.$/,
    );
    expect(words({ ...silence, callers: [{ caller: role('App'), calls: 0, usual: null }] })).toMatch(/by chance\.$/);
  });

  it('does not name callers whose part is small', () => {
    const callers = [
      { caller: role('Support'), calls: 408, usual: 0 },
      { caller: role('App'), calls: 4, usual: 0.7 },
    ];
    expect(words({ callers })).toMatch(/ role\/Support made 408 of them \(usually none\)\.$/);
  });

  it('names no callers whose calls are more than those of the row', () => {
    expect(words({ value: 90, callers: [{ caller: role('App'), calls: 117, usual: 1 }] })).not.toContain('role/App');
  });

  it('says what moved with it by outcome, and the error codes with what they mean where they are known', () => {
    const row = (outcome: 'ok' | 'error' | 'dry-run') => seriesKey({ operation: 'Decrypt', outcome });
    expect(words({ related: [row('error')] })).toMatch(/ Failed Decrypt \(all keys\) rose too\.$/);
    expect(words({ related: [row('dry-run')] })).toMatch(/ Dry runs of Decrypt \(all keys\) rose too\.$/);
    expect(words({ verdict: 'below', related: [row('error'), row('ok')] })).toMatch(/ Failed .* fell too\.$/);
    expect(words({ related: [row('ok')] })).toMatch(/by chance\.$/);
    const errors = [
      { code: 'ThrottlingException', calls: 60 },
      { code: 'AccessDeniedException', calls: 2 },
    ];
    expect(words({ related: [row('error')], errors })).toMatch(
      / 62 failed: 60 ThrottlingException, 2 AccessDeniedException\. ThrottlingException: a request quota was exceeded\. The caller's team lowers the rate .*\.$/,
    );
    expect(words({ key: { operation: 'Decrypt', outcome: 'error' }, errors })).toContain(
      ' By error code: 60 ThrottlingException, 2 AccessDeniedException. ThrottlingException: a request',
    );
    expect(words({ errors: [{ code: 'AccessDenied', calls: 412 }] })).toContain(' All 412 failed: 412 AccessDenied. ');
    const many = ['a', 'b', 'c', 'd', 'e'].map((code) => ({ code, calls: 2 }));
    expect(words({ errors: many })).toContain('10 failed: 2 a, 2 b, 2 c, 4 of 2 other codes. ');
  });

  it.each<[Partial<SeriesKey>, string]>([
    [{ operation: 'Decrypt' }, 'Decrypt (all keys), '],
    [{ operation: 'ListKeys' }, 'ListKeys, '],
    [{ operation: 'Decrypt', outcome: 'error' }, 'Failed Decrypt (all keys), '],
    [{ operation: 'Decrypt', outcome: 'ok' }, 'Successful Decrypt (all keys), '],
    [{ operation: 'Decrypt', outcome: 'dry-run' }, 'Dry runs of Decrypt (all keys), '],
    [{ keyArn: KEY }, 'All operations on 1234abcd (eu-central-1), '],
    [
      { outcome: 'error', account: '111122223333', region: 'eu-west-1' },
      'Failed calls (all keys) in account 111122223333 in eu-west-1, ',
    ],
    [
      { keyArn: 'arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab', operation: 'Sign' },
      'Sign on mrk-1234abcd (cn-north-1), ',
    ],
    [{ keyArn: 'no-arn', operation: 'Sign' }, 'Sign on no-arn, '],
    [{ keyArn: KEY, operation: 'Sign', caller: role('App') }, 'Sign on 1234abcd (eu-central-1) by role/App, '],
    [{ metric: 'KMSKeyCount' }, 'CloudWatch metric KMSKeyCount, '],
  ])('names the series %j', (key, name) => {
    expect(words({ key }).startsWith(`High. ${name}`)).toBe(true);
  });

  it('refuses a zone and a step that are none', () => {
    expect(() => words({}, { timeZone: 'Mars/Olympus' })).toThrow(InputError);
    expect(() => words({}, { step: 0 })).toThrow('step must be a finite number in [1, 31622400000], got 0');
  });
});

describe('a finding beside a change of daylight saving', () => {
  const text = (from: string, to: string, timeZone: string) =>
    wordsFor(anomaly({ from: Date.parse(from), to: Date.parse(to) }), { timeZone });

  it('says what jobs may do in the hour that comes twice', () => {
    const words =
      'changed in Europe/Berlin at 2026-10-25 02:00+01:00 (back by 1 h): jobs due in the hour that came twice';
    for (const [from, to] of [
      ['2026-10-25T00:30Z', '2026-10-25T00:35Z'],
      ['2026-10-25T01:55Z', '2026-10-25T02:00Z'],
    ])
      expect(text(from, to, 'Europe/Berlin')).toContain(words);
    for (const [from, to] of [
      ['2026-10-24T23:55Z', '2026-10-25T00:00Z'],
      ['2026-10-25T02:00Z', '2026-10-25T02:05Z'],
    ])
      expect(text(from, to, 'Europe/Berlin')).not.toContain('Daylight saving');
    expect(text('2026-10-25T00:30Z', '2026-10-25T00:35Z', 'UTC')).not.toContain('Daylight saving');
  });

  it('says what jobs may do beside the hour that is left out', () => {
    expect(text('2026-03-29T01:00Z', '2026-03-29T01:05Z', 'Europe/Berlin')).toContain(
      'changed in Europe/Berlin at 2026-03-29 03:00+02:00 (forward by 1 h): jobs due in the hour that was left out may have run late or not at all.',
    );
    // Not of what goes on for a day.
    expect(text('2026-03-29T00:00Z', '2026-03-29T12:00Z', 'Europe/Berlin')).not.toContain('Daylight saving');
  });
});

describe('times in words', () => {
  const when = (from: string, to: string, timeZone: string) => {
    const text = wordsFor(anomaly({ from: Date.parse(from), to: Date.parse(to) }), { timeZone });
    return /\), (.*?)(?: \(|: 412)/.exec(text)?.[1];
  };

  it('are those of the zone, with its name', () => {
    expect(when('2024-03-05T02:00Z', '2024-03-05T03:00Z', 'America/New_York')).toBe(
      '2024-03-04 21:00–22:00 America/New_York',
    );
    expect(when('2024-03-05T02:00Z', '2024-03-05T03:00Z', 'Asia/Kolkata')).toBe('2024-03-05 07:30–08:30 Asia/Kolkata');
  });

  it('repeat the date where the day changes, but not for the end of a day', () => {
    expect(when('2024-03-05T22:00Z', '2024-03-06T01:00Z', 'UTC')).toBe('2024-03-05 22:00 – 2024-03-06 01:00 UTC');
    expect(when('2024-03-05T22:00Z', '2024-03-06T00:00Z', 'UTC')).toBe('2024-03-05 22:00–24:00 UTC');
  });

  it('show seconds where there are some', () => {
    expect(when('2024-03-05T22:00:30Z', '2024-03-05T22:01:00Z', 'UTC')).toBe('2024-03-05 22:00:30–22:01 UTC');
  });

  it('carry their offset near a clock change, where a time of day may come twice', () => {
    expect(when('2024-10-27T00:30Z', '2024-10-27T01:30Z', 'Europe/Berlin')).toBe(
      '2024-10-27 02:30+02:00 – 02:30+01:00 Europe/Berlin',
    );
    expect(when('2024-03-31T00:30Z', '2024-03-31T01:30Z', 'Europe/Berlin')).toBe(
      '2024-03-31 01:30+01:00 – 03:30+02:00 Europe/Berlin',
    );
    expect(when('2024-11-03T05:30Z', '2024-11-03T06:30Z', 'America/New_York')).toBe(
      '2024-11-03 01:30-04:00 – 01:30-05:00 America/New_York',
    );
    expect(when('2024-10-27T08:00Z', '2024-10-27T09:00Z', 'Europe/Berlin')).toBe(
      '2024-10-27 09:00–10:00 Europe/Berlin',
    );
  });
});

describe('hostile names in words', () => {
  const hostile = [
    'arn:aws:iam::111122223333:role/\u001b]0;title\u0007\u001b[2J\u001b[31mred',
    'line\nbreak\r\u2028\u2029\u0085',
    '\u202eright to left\u2066',
    'zero\u200bwidth\ufeff',
    'half \ud800',
    'e\u0301'.repeat(50),
    'x'.repeat(10_000),
    '\u009b31m',
    '<script>alert(1)</script>',
    '__proto__',
  ];

  it.each(hostile)('are inert (%j)', (name) => {
    const text = wordsFor(
      anomaly({
        key: {
          operation: name,
          keyArn: `arn:aws:kms:${name}:111122223333:key/${name}`,
          account: name,
          region: name,
          caller: name,
        },
        callers: [
          { caller: name, calls: 300, usual: 0 },
          { caller: `arn:aws:iam::111122223333:role/${name}`, calls: 100, usual: 0 },
        ],
      }),
    );
    expect(text).not.toMatch(/[\p{C}\p{M}\p{Zl}\p{Zp}]/u);
    expect(text.length).toBeLessThan(1000);
    expect(text).toContain('412 calls');
  });
});
