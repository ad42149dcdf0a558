import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** The published data sets: the folder that `KMS_BASELINE_SHARED_DATA` names, else `shared/data` beside the project. */
const DATA = process.env['KMS_BASELINE_SHARED_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

export function hasData(collection: string): boolean {
  return existsSync(join(DATA, collection));
}

/** A labelled series of a file, as rows and on a regular grid. */
export interface FileSeries {
  readonly name: string;
  readonly start: number;
  readonly step: number;
  /** `[buckets]`: the mean of the rows of a bucket, NaN where there is none. */
  readonly values: Float64Array;
  /** `[buckets]`: 1 where a row of the bucket is labelled. */
  readonly labels: Uint8Array;
  /** `[rows]`: the bucket of each row of the file. */
  readonly bucketOfRow: Int32Array;
  /** `[rows]`: epoch ms. */
  readonly times: Float64Array;
  /** Buckets of the history; the rest is judged. */
  readonly history: number;
}

export function readText(path: string): string {
  const bytes = readFileSync(join(DATA, path));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(DATA, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(folder, file));
}

/** The rows of a CSV file without quotes inside its fields, header first. */
export function readCsv(path: string): string[][] {
  return readText(path)
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(',').map((field) => field.replace(/^"|"$/g, '')));
}

/** Epoch ms of `2014-04-01 00:00:00`, of ISO 8601, or of Unix seconds; UTC where no zone is given. */
export function parseTime(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  return Date.parse(/Z$/.test(text) ? text : `${text.replace(' ', 'T').replace(/\.\d+$/, '')}Z`);
}

interface Row {
  readonly time: number;
  readonly value: number;
  readonly label: number;
}

/** Rows on a grid whose step is the commonest distance of two rows. @param historyRows rows of the history, of all */
function onGrid(name: string, rows: readonly Row[], historyRows: (rows: number) => number): FileSeries {
  const step = commonest(rows.slice(1).map(({ time }, i) => time - rows[i].time));
  const start = rows[0].time;
  const bucketOfRow = Int32Array.from(rows, ({ time }) => Math.floor((time - start) / step));
  const length = bucketOfRow.reduce((a, b) => Math.max(a, b), 0) + 1;
  const sums = new Float64Array(length);
  const counts = new Uint32Array(length);
  const labels = new Uint8Array(length);
  for (const [i, { value, label }] of rows.entries()) {
    const bucket = bucketOfRow[i];
    sums[bucket] += value;
    counts[bucket]++;
    if (label === 1) labels[bucket] = 1;
  }
  const first = historyRows(rows.length);
  return {
    name,
    start,
    step,
    values: sums.map((sum, i) => (counts[i] === 0 ? Number.NaN : sum / counts[i])),
    labels,
    bucketOfRow,
    times: Float64Array.from(rows, ({ time }) => time),
    history: first < rows.length ? bucketOfRow[first] : length,
  };
}

function commonest(distances: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const distance of distances) if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0][0];
}

/** The Numenta Anomaly Benchmark; labelled windows as rows of the file. */
export interface NabSeries extends FileSeries {
  readonly windows: readonly { readonly first: number; readonly last: number }[];
}

export function nabSeries(): NabSeries[] {
  const windows: Record<string, [string, string][]> = JSON.parse(readText('nab/labels/combined_windows.json'));
  return filesUnder('nab/data', '.csv').map((path) => {
    const name = path.slice('nab/data/'.length);
    const rows = readCsv(path)
      .slice(1)
      .map(([time, value]) => ({ time: parseTime(time), value: Number(value), label: 0 }));
    const series = onGrid(name, rows, (n) => Math.min(Math.floor(0.15 * n), 750));
    const rowAt = (time: string) => series.times.indexOf(parseTime(time));
    return {
      ...series,
      windows: (windows[name] ?? []).map(([from, to]) => ({ first: rowAt(from), last: rowAt(to) })),
    };
  });
}

/** What a published detector said of each row of each file. */
export function nabPublished(name: string): Map<string, Float64Array> {
  const [header, ...rows] = readCsv(`nab/results/${name}.gz`);
  return new Map(
    header.slice(3).map((detector, i) => [detector, Float64Array.from(rows, (row) => Number(row[i + 3]))]),
  );
}

/** The AIOps challenge: the first half is the history. */
export function aiopsSeries(): FileSeries[] {
  return filesUnder('aiops-kpi/train', '.csv.gz').map((path) => {
    const train = labelledRows(path);
    const test = labelledRows(path.replace('train', 'test'));
    return onGrid(path.slice('aiops-kpi/train/'.length, -'.csv.gz'.length), [...train, ...test], () => train.length);
  });
}

/** Microsoft's cloud monitoring: the first fifth is the history. */
export function microsoftSeries(): FileSeries[] {
  return filesUnder('ms-cloud-monitoring', '.csv.gz').map((path) =>
    onGrid(path.slice('ms-cloud-monitoring/'.length, -'.csv.gz'.length), labelledRows(path), (n) =>
      Math.floor(0.2 * n),
    ),
  );
}

function labelledRows(path: string): Row[] {
  return readCsv(path)
    .slice(1)
    .map(([time, value, label]) => ({ time: parseTime(time), value: Number(value), label: Number(label) }))
    .sort((a, b) => a.time - b.time);
}
