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
  it('tells a spike: what, which key, when, how many against how many, how unusual', () => {
    expect(words()).toBe(
      'Decrypt on 1234abcd (eu-central-1), 2024-03-05 02:00–03:00 UTC: 412 calls, where about 9.2 were expected and ' +
        'at most 19 would have been normal. By chance, counts like these would come about once in 10^7.',
    );
  });

  it('says of which bucket the odds are when it knows the step', () => {
    expect(words({}, { step: 300_000 })).toContain(
      'By chance, its busiest five minutes would come about once in 10^7.',
    );
    expect(words({}, { step: 3_600_000 })).toContain('By chance, such an hour would come about once in 10^7.');
    expect(words({ to: at('02:05') }, { step: 300_000 })).toContain('By chance, such five minutes would come');
    expect(words({ to: at('02:01') }, { step: 60_000 })).toContain('By chance, such a minute would come');
    expect(words({ verdict: 'below', kind: 'drop' }, { step: 300_000 })).toContain('its quietest five minutes');
  });

  it('tells how long an excess lasts, and leaves out a limit that the whole of it does not pass', () => {
    expect(words({ kind: 'excess', to: at('05:30'), value: 40, expected: 1.5, upper: 76 })).toBe(
      'Decrypt on 1234abcd (eu-central-1), 2024-03-05 02:00–05:30 UTC (3 h 30 min): 40 calls, where about 1.5 were ' +
        'expected. By chance, counts like these would come about once in 10^7.',
    );
  });

  it('says of an anomaly that reaches the end of the judged time that it goes on', () => {
    expect(words({ kind: 'excess' }, { judgedUntil: at('03:00') })).toContain(
      '02:00–03:00 UTC (1 h so far): 412 calls',
    );
    expect(words({ kind: 'excess' }, { judgedUntil: at('03:05') })).not.toContain('so far');
  });

  it('tells a drop', () => {
    expect(
      words({ kind: 'drop', verdict: 'below', value: 2, expected: 65, lower: 30, upper: 100, surprise: -8.9 }),
    ).toBe(
      'Decrypt on 1234abcd (eu-central-1), 2024-03-05 02:00–03:00 UTC: only 2 calls, where about 65 were expected and ' +
        'at least 30 would have been normal. By chance, counts like these would come about once in 10^8.',
    );
  });

  it('tells a silence by its first missing call, and who is missing', () => {
    const silence = {
      kind: 'silence',
      verdict: 'below',
      value: 0,
      expected: 65,
      lower: 4,
      upper: 9,
      surprise: -20,
    } as const;
    expect(words({ ...silence, to: at('07:00'), callers: [{ caller: role('Gateway'), calls: 0, usual: 64.7 }] })).toBe(
      'Decrypt on 1234abcd (eu-central-1): no call from 2024-03-05 02:00 to 07:00 UTC (5 h), where about 65 were expected. ' +
        'By chance, a silence this long would come about once in 10^20; missing: role/Gateway (none, 65 on average).',
    );
    expect(words({ ...silence, to: at('07:00') }, { judgedUntil: at('07:00') })).toContain(
      ': no call since 2024-03-05 02:00 UTC (5 h so far), where',
    );
  });

  it('tells a first use', () => {
    expect(
      words({ kind: 'first-seen', key: { operation: 'DisableKey', keyArn: KEY }, value: 9, expected: 0.01, upper: 6 }),
    ).toContain('UTC: 9 calls, where the history has none (up to 6 would have passed as a first use).');
    expect(words({ kind: 'first-seen', value: 1, expected: 0.01, upper: 0 })).toContain(
      'UTC: 1 call, where the history has none. ',
    );
  });

  it('tells a rare one', () => {
    expect(words({ kind: 'rare', value: 3, expected: 0.02, upper: 1 })).toContain(
      'UTC: 3 calls, where the history has hardly any (0.02 expected).',
    );
  });

  it('tells a lasting change of level', () => {
    expect(words({ kind: 'level-shift' })).toContain(
      'UTC: a lasting rise to 412 calls, where about 9.2 were expected and',
    );
    expect(words({ kind: 'level-shift', verdict: 'below', value: 2, expected: 65, lower: 30 })).toContain(
      'UTC: a lasting fall to 2 calls, where about 65 were expected and at least 30',
    );
  });

  it.each([
    [1, 'where about 1 was expected'],
    [0.3, 'where 0.3 were expected'],
    [0.001, 'where almost none were expected'],
    [12_345.6, 'where about 12,346 were expected'],
  ])('words an expected count of %d', (expected, text) => {
    expect(words({ expected, value: 1e6, upper: 2e6 })).toContain(`: 1,000,000 calls, ${text}. `);
  });

  it('uses the singular for one call', () => {
    expect(words({ value: 1, upper: 0, callers: [{ caller: role('App'), calls: 1, usual: 0 }] })).toMatch(
      /: 1 call, where .* and at most 0 would have been normal\..*; role\/App made it \(usually none\)\.$/,
    );
  });

  it.each([
    [2.4, 'about once in 200.'],
    [3, 'about once in 1,000.'],
    [5.6, 'about once in 300,000.'],
    [6.99, 'about once in 10^6.'],
    [169.5, 'about once in 10^169.'],
    [-169.5, 'about once in 10^169.'],
    [1e4, 'less than once in 10^10000.'],
  ])('never makes a surprise of %d rarer than it is', (surprise, text) => {
    expect(words({ surprise })).toContain(`would come ${text}`);
  });

  it.each([Infinity, -Infinity, Number.NaN, 0])('says nothing of odds that are none (%d)', (surprise) => {
    expect(words({ surprise })).toMatch(/would have been normal\.$/);
    expect(words({ surprise, callers: [{ caller: role('App'), calls: 412, usual: 3 }] })).toMatch(
      /normal\. Role\/App made all 412 \(3 on average\)\.$/,
    );
  });

  it('names the callers that make the difference, with the account of those of another one', () => {
    const callers = [
      { caller: role('Exporter', '444455556666'), calls: 300, usual: 0 },
      { caller: '444455556666', calls: 60, usual: 1.5 },
      { caller: 's3.amazonaws.com', calls: 30, usual: 0.001 },
      { caller: 'arn:aws:iam::111122223333:user/staff/Alice', calls: 20, usual: 4 },
      { caller: role('aws-service-role/x.amazonaws.com/Backup'), calls: 2, usual: 3 },
    ];
    expect(words({ callers })).toMatch(
      /; role\/Exporter of account 444455556666 made 300 of the calls \(usually none\), account 444455556666 60 \(1\.5 on average\) and s3\.amazonaws\.com 30 \(hardly any on average\)\.$/,
    );
    expect(words({ callers: callers.map((share) => ({ ...share, calls: 100 })) })).toContain(
      ' and 2 others 200 together (7 on average).',
    );
  });

  it('does not name callers whose part is small', () => {
    const callers = [
      { caller: role('Support'), calls: 408, usual: 0 },
      { caller: role('App'), calls: 4, usual: 0.7 },
    ];
    expect(words({ callers })).toMatch(/; role\/Support made 408 of the calls \(usually none\)\.$/);
  });

  it('says when the failures moved with it', () => {
    const row = (outcome: 'ok' | 'error' | 'dry-run') => seriesKey({ operation: 'Decrypt', outcome });
    expect(words({ related: [row('error')] })).toMatch(/ Failed calls rose, not successful ones\.$/);
    expect(words({ related: [row('error'), row('ok')] })).toMatch(/ Failed calls rose too\.$/);
    expect(words({ related: [row('dry-run')] })).toMatch(/ Dry runs rose too\.$/);
    expect(words({ verdict: 'below', related: [row('error'), row('ok')] })).toMatch(/ Failed calls fell too\.$/);
    expect(words({ related: [row('ok')] })).toMatch(/10\^7\.$/);
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
    [
      { keyArn: KEY, operation: 'Sign', caller: role('App') },
      'Sign on 1234abcd (eu-central-1) by role/App of account 111122223333, ',
    ],
    [{ metric: 'KMSKeyCount' }, 'CloudWatch metric KMSKeyCount, '],
  ])('names the series %j', (key, name) => {
    expect(words({ key }).startsWith(name)).toBe(true);
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

  it('are told on the clock of the zone, with its name', () => {
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
