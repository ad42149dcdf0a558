import { recordsIn } from '../../src/kms/records-in.js';
import { countCloudTrail, type LogStream } from '../../src/node/index.js';
import { detectors } from '../../src/plan/judge.js';
import { watchFromBytes } from '../../src/plan/watch-bytes.js';
import {
  Alarm,
  Baseline,
  countCalls,
  Detector,
  definePlan,
  fitBaseline,
  IncidentTracker,
  type KmsCall,
  kmsEventsIn,
  machineClock,
  memoryStore,
  parseRecord,
  runPlan,
  type SeriesSet,
  scoreWindow,
  seriesFromBytes,
  seriesFromCsv,
  seriesSet,
  seriesToBytes,
  seriesToCsv,
  sliceWindow,
} from './everything.js';
import type { Door } from './fuzz.js';
import { ACCOUNT, kmsRecords, LAYOUTS, otherRecord, REGION } from './logs.js';
import { OCSF_VERSIONS, ocsfOf } from './ocsf.js';
import { ATHENA_TABLE, athenaRow, parquetOf } from './parquet.js';

const HOUR = 3_600_000;

function counts(hours: number, measure: 'count' | 'level' = 'count'): SeriesSet {
  const series = [3, 7].map((n) => ({
    key: measure === 'count' ? { operation: `Op${n}` } : { metric: `m${n}` },
    values: Array.from({ length: hours }, (_, i) => ((i * i) % n) + (measure === 'level' ? 0.5 : 0)),
  }));
  return seriesSet({ start: 0, step: HOUR, measure, series });
}

function detectorBytes(measure: 'count' | 'level'): Uint8Array {
  const set = counts(24 * 18, measure);
  const detector = new Detector(fitBaseline(sliceWindow(set, 0, 24 * 14 * HOUR), { timeZone: 'UTC' }));
  detector.observe(sliceWindow(set, 24 * 14 * HOUR, 24 * 18 * HOUR));
  detector.markExpected(set.keys[0], 24 * 17 * HOUR, 24 * 17 * HOUR + 2 * HOUR);
  return detector.toBytes();
}

function trackerBytes(): Uint8Array {
  const set = counts(24 * 18);
  const baseline = fitBaseline(sliceWindow(set, 0, 24 * 14 * HOUR), { timeZone: 'UTC' });
  const values = new Uint32Array(2 * 24).fill(90);
  const grid = { start: 24 * 14 * HOUR, step: HOUR, length: 24 };
  const window = { grid, keys: set.keys, measure: 'count', values, observed: new Uint8Array(24).fill(1) } as const;
  const tracker = new IncidentTracker();
  tracker.take(scoreWindow(baseline, window));
  return tracker.toBytes();
}

function alarmBytes(): Uint8Array {
  const condition = { on: 'value', statistic: 'Sum', comparison: 'GreaterThanThreshold', threshold: 3 } as const;
  const alarm = new Alarm({
    ...{ name: 'x', condition, step: HOUR, evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: 'missing' },
  });
  return alarm.toBytes();
}

const plan = definePlan({
  ...{ purpose: 'fuzz', owner: 'nobody', learnFor: 24 * HOUR, step: HOUR, grace: 0, timeZone: 'UTC' },
  sources: [
    {
      name: 'calls',
      poll: ({ from, now }) => ({
        calls: kmsRecords(40).map((record, i) => ({
          ...(parseRecord(record) as KmsCall),
          time: Math.floor(from + (i * (now - from)) / 40),
        })),
        coverage: [{ account: ACCOUNT, region: REGION, from, to: now }],
        cursor: now,
      }),
    },
  ],
  notify: [{ name: 'nobody', tell: async () => undefined }],
});

/** The state of a plan after its first poll. */
async function planBytes(): Promise<Uint8Array> {
  const store = memoryStore();
  const now = Date.UTC(2026, 4, 4);
  await runPlan(plan, { store, once: true, stateId: 'fuzz', clock: { ...machineClock, now: () => now } });
  const bytes = await store.load();
  if (bytes === null) throw new Error('the plan kept no state');
  return bytes;
}

async function* streamOf(input: string | Uint8Array, name = 'x'): AsyncGenerator<LogStream> {
  const bytes = Buffer.from(input as string);
  yield {
    name,
    async *open() {
      const half = bytes.length >> 1;
      yield bytes.subarray(0, half);
      yield bytes.subarray(half);
    },
  };
}

/** Of both kinds of tables, compressed and not. */
async function parquetFiles(records: readonly Readonly<Record<string, unknown>>[]): Promise<Uint8Array[]> {
  const events = records.map((record) => ocsfOf(record, '1.1.0', { json: false }));
  return [
    await parquetOf(events),
    await parquetOf(events, { compression: 'uncompressed' }),
    await parquetOf(events, { compression: 'snappy', more: ', parquet_version v2' }),
    await parquetOf(records.map(athenaRow), { compression: 'uncompressed', columns: ATHENA_TABLE }),
  ];
}

/** Every door through which data come in. */
export async function doors(): Promise<Door[]> {
  const records = [...kmsRecords(2), otherRecord(2)];
  const layouts = Object.values(LAYOUTS).map((write) => write(records));
  const json = layouts.filter((text) => text.startsWith('{') || text.startsWith('['));
  const series = (['count', 'level'] as const).map((measure) => counts(30, measure));
  return [
    { name: 'parseRecord', seeds: records.map((one) => JSON.stringify(one)), open: (text) => parseRecord(text) },
    { name: 'kmsEventsIn', seeds: json, open: (text) => [...kmsEventsIn(text)] },
    { name: 'recordsIn', seeds: json, open: (text) => [...recordsIn(text)].map((record) => parseRecord(record)) },
    { name: 'countCloudTrail', seeds: layouts, open: (text) => countCloudTrail(streamOf(text)) },
    {
      name: 'OCSF',
      seeds: OCSF_VERSIONS.flatMap((version) =>
        [true, false].map((json) => JSON.stringify(records.map((record) => ocsfOf(record, version, { json })))),
      ),
      open: async (text) => {
        for (const record of recordsIn(text)) parseRecord(record);
        await countCloudTrail(streamOf(text));
        return [...kmsEventsIn(text)];
      },
    },
    {
      name: 'Parquet',
      seeds: await parquetFiles([...kmsRecords(5), otherRecord(5)]),
      open: (bytes) => countCloudTrail(streamOf(bytes, 'x.parquet')),
    },
    {
      name: 'countCalls',
      seeds: [JSON.stringify(kmsRecords(3).map((one) => parseRecord(one)))],
      open: (text) => {
        const calls = jsonIn(text);
        return Array.isArray(calls) ? countCalls(calls) : undefined;
      },
    },
    { name: 'seriesFromCsv', seeds: [seriesToCsv(series[0])], open: (text) => seriesFromCsv(text as string) },
    { name: 'series', header: 24, seeds: series.map(seriesToBytes), open: (b) => seriesFromBytes(b as Uint8Array) },
    {
      name: 'Baseline',
      header: 24,
      seeds: (['count', 'level'] as const).map((measure) => fitBaseline(counts(24 * 14, measure)).toBytes()),
      open: (bytes) => {
        const baseline = Baseline.fromBytes(bytes as Uint8Array);
        return baseline.keys.length;
      },
    },
    {
      name: 'Detector',
      header: 24,
      seeds: (['count', 'level'] as const).map(detectorBytes),
      open: (bytes) => Detector.fromBytes(bytes as Uint8Array).toBytes(),
    },
    {
      name: 'IncidentTracker',
      header: 24,
      seeds: [trackerBytes()],
      open: (bytes) => IncidentTracker.fromBytes(bytes as Uint8Array).incidents.length,
    },
    {
      name: 'Alarm',
      header: 20,
      seeds: [alarmBytes()],
      open: (bytes) => Alarm.fromBytes(bytes as Uint8Array).toBytes(),
    },
    {
      name: 'plan state',
      header: 20,
      seeds: [await planBytes()],
      open: (bytes) => watchFromBytes(bytes as Uint8Array, plan, detectors),
    },
    { name: 'definePlan', seeds: [PLAN], open: (text) => definePlan(withParts(jsonIn(text)) as never) },
  ];
}

const PLAN = JSON.stringify({
  ...{ name: 'x', purpose: 'y', owner: 'z', every: 300_000, step: 300_000, alertBudget: { perWeek: 1 } },
  ...{
    alarm: { datapointsToAlarm: 1, evaluationPeriods: 3 },
    resources: { keys: ['*'] },
    exclude: [{ from: 0, to: 1 }],
  },
  ...{ sources: [], notify: [], learn: 'hold', timeZone: 'UTC' },
});

/** Functions, which no text holds, where a plan has none. */
function withParts(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null) return fields;
  const own = fields as Record<string, unknown>;
  for (const name of ['sources', 'notify'] as const) {
    if (Array.isArray(own[name]) && own[name].length === 0) own[name] = plan[name];
  }
  return own;
}

function jsonIn(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
