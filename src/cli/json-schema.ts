import { ACCOUNT_SCHEMAS } from './json-schema-account.js';
import { count, fields, flag, length, list, number, of, orNull, type Schema, text, time } from './schema-parts.js';

const key = fields({
  operation: orNull(text),
  keyArn: orNull(text),
  account: orNull(text),
  region: orNull(text),
  caller: orNull(text),
  outcome: { enum: ['ok', 'error', 'dry-run', null] },
  metric: orNull(text),
});

const hole = fields({ account: text, region: text, from: time, to: time });
const span = { from: time, to: time, holes: list(hole) };

const SHARED: Readonly<Record<string, Schema>> = {
  schemaVersion: { const: 1 },
  paths: list(text),
  logs: fields({
    files: count,
    filesRead: count,
    filesSkipped: list(fields({ reason: text, files: count })),
    filesUnreadable: list(fields({ path: text, reason: text, found: text }, ['found'])),
    bytes: count,
    records: count,
    kmsRecords: count,
    otherServices: count,
    setAside: list(
      fields({
        reason: text,
        records: count,
        first: fields({ path: text, record: count, byte: orNull(count), field: orNull(text) }),
      }),
    ),
  }),
  calls: fields({
    calls: count,
    counted: count,
    duplicates: count,
    sharedCopies: count,
    late: count,
    overlapping: count,
    outside: count,
    withoutId: count,
  }),
  sources: list(fields({ account: text, region: text, kmsCalls: count, from: time, to: time })),
  step: length,
  alertBudget: fields({ perWeek: number }),
  notes: list(text),
};

const { schemaVersion, paths, logs, calls, sources, step, alertBudget, notes } = SHARED;

const anomaly = fields(
  {
    words: text,
    id: text,
    severity: { enum: ['critical', 'high', 'medium', 'low'] },
    key,
    verdict: { enum: ['above', 'below'] },
    from: time,
    to: time,
    value: number,
    expected: number,
    lower: number,
    upper: orNull(number),
    surprise: {
      ...number,
      description: '−log10 of the probability by chance, signed: positive above what was expected, negative below',
    },
    decidedBy: {
      ...fields(
        {
          ...{ from: time, to: time },
          reported: { ...number, description: 'calls in it of findings before it' },
          weeks: {
            ...fields({ of: count, alike: count }),
            description: 'weeks before whose same hours are known, and those with as many (below: as few) calls',
          },
        },
        ['reported', 'weeks'],
      ),
      description: 'the window whose count is this unlikely',
    },
    kind: { enum: ['spike', 'excess', 'drop', 'silence', 'level-shift', 'first-seen', 'rare'] },
    callers: list(
      fields(
        {
          caller: text,
          calls: count,
          usual: { ...orNull(number), description: 'in the same hours before, on average; null: not known' },
          before: { ...count, description: 'in all of the history' },
        },
        ['before'],
      ),
    ),
    errors: { ...list(fields({ code: text, calls: count })), description: 'of its failed calls' },
    related: list(key),
    affected: fields({ account: orNull(text), region: orNull(text), keys: count, of: count }),
    check: { ...text, description: 'what to check first' },
    queries: {
      ...fields({ athena: text, logsInsights: text, from: time, to: time }),
      description: 'that show the records of the calls; of calls that did not come, the last ones that did',
    },
  },
  ['callers', 'errors', 'affected'],
);

const analysis = {
  ...{ schemaVersion, paths, logs, calls, sources, step, alertBudget, notes },
  timeZone: text,
  history: fields({ ...span, observed: length, firstKmsCall: orNull(time), learning: flag, weeklyHabitsKnown: flag }),
  window: fields(span),
  anomalies: list(anomaly),
  filtered: fields({ shown: count, of: count, filter: { type: 'object' } }),
  operations: list(
    fields({
      operation: text,
      plane: { enum: ['data', 'control', null] },
      critical: flag,
      known: flag,
      calls: number,
      expected: number,
      buckets: count,
      above: count,
      below: count,
      unknown: count,
      anomalies: list(count),
    }),
  ),
  unknown: fields({
    series: count,
    seriesNeverJudged: count,
    newSeries: count,
    cells: count,
    judged: count,
    notObserved: count,
    learning: count,
    cannotBeJudged: count,
    tooQuiet: fields({
      of: count,
      series: count,
      listed: list(fields({ key, callsPerHour: number, timeToDetectSilence: orNull(length) })),
    }),
  }),
  quiet: fields({ keys: count, listed: list(fields({ key, since: time, reportedAt: time })) }),
  losses: {
    ...list(
      fields({
        keyArn: text,
        calls: number,
        operations: list(fields({ operation: text, calls: number })),
        callers: list(fields({ caller: text, calls: number })),
      }),
    ),
    description:
      'what depends on keys that were disabled or scheduled for deletion: calls expected in the next 30 days',
  },
  keys: {
    ...list(fields({ keyArn: text, name: text, aliases: list(text), owner: orNull(text) })),
    description: 'those that are mentioned',
  },
};

const fitted = {
  ...{ schemaVersion, paths, logs, calls, sources, step, notes },
  timeZone: orNull(text),
  history: fields({ ...span, observed: length, learning: flag }),
  baseline: fields({ path: text, bytes: count, series: count, timeZones: list(text) }),
};

const simulated = {
  ...{ schemaVersion, paths },
  seed: count,
  simulated: fields({ from: time, to: time, files: count, bytes: count, records: count, kmsRecords: count }),
  labels: list(
    fields({
      kind: text,
      verdict: { enum: ['above', 'below'] },
      key: { type: 'object' },
      from: time,
      to: time,
      calls: number,
      expected: number,
      note: text,
    }),
  ),
};

const evaluated = {
  ...{ schemaVersion: { const: 2 }, alertBudget },
  series: count,
  fleets: list(
    fields({
      seed: count,
      events: count,
      found: count,
      falseEpisodes: count,
      weeks: number,
      medianDelay: orNull(length),
      unknownShare: number,
    }),
  ),
  kinds: list(fields({ kind: text, events: count, found: count })),
  calibration: list(
    fields({
      band: text,
      verdict: { enum: ['above', 'below'] },
      buckets: count,
      nominal: number,
      effective: number,
      ratio: number,
    }),
  ),
};

/** What `--json` prints, by `command`. Fields may be added; one that changes its name or meaning raises the command's `schemaVersion`. */
export const JSON_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'kms-baseline --json',
  description: 'Times are ISO 8601 in UTC, durations milliseconds.',
  oneOf: [
    ...['analyze', 'score', 'live'].map((command) => of(command, analysis, ['filtered'])),
    of('fit', fitted),
    of('simulate', simulated),
    of('evaluate', evaluated),
    ...ACCOUNT_SCHEMAS,
  ],
};
