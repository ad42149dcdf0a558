import { duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { keyId } from '../series/key.js';
import { observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { DAY, gridEnd, HOUR, SECOND } from '../time/grid.js';
import type { Finding } from './changes.js';
import { MILESTONES, type ToldOfKeys } from './lifecycle-watch.js';

/** What of CloudWatch's metrics of KMS counts down to a date (KMS Developer Guide, monitoring-cloudwatch). */
const COUNTDOWNS: readonly {
  readonly metric: string;
  /** One of the metric, ms. */
  readonly unit: number;
  readonly what: (of: string) => string;
  readonly after: string;
}[] = [
  {
    metric: 'AWS/KMS SecondsUntilKeyMaterialExpiration',
    unit: SECOND,
    what: (of) => `The imported material of ${of}`,
    after: 'calls on the key fail',
  },
  {
    metric: 'AWS/KMS XksProxyCertificateDaysToExpire',
    unit: DAY,
    what: (of) => `The certificate of the external key store proxy ${of}`,
    after: 'calls on the keys in its store fail',
  },
];

/**
 * What levels tell of dates on which keys stop to work: each reported 30 days, a week and a day before, and when it has come;
 * anew when it was put off in between.
 * @param told what was reported before; those that the levels say nothing of stay
 */
export function deadlineFindings(
  levels: SeriesSet,
  now: number,
  told: Readonly<ToldOfKeys>,
): { findings: Finding[]; told: ToldOfKeys } {
  const findings: Finding[] = [];
  const known: ToldOfKeys = { ...told };
  const y = new Float64Array(levels.grid.length);
  for (const [row, key] of levels.keys.entries()) {
    const countdown = COUNTDOWNS.find(({ metric }) => key.metric?.startsWith(metric) === true);
    if (countdown === undefined) continue;
    readRow(levels, row, y);
    const observed = observedRow(levels, row);
    const last = y.findLastIndex((value, b) => observed[b] === 1 && Number.isFinite(value));
    if (last < 0) continue;
    // The least of its bucket: that at its end.
    const at = gridEnd({ ...levels.grid, length: last + 1 }) + y[last] * countdown.unit;
    const left = at - now;
    const passed = MILESTONES.filter((milestone) => left <= milestone).length + (left <= 0 ? 1 : 0);
    const id = JSON.stringify(['deadline', keyId(key)]);
    if (passed > (told[id] ?? 0)) {
      const name = countdown.what(ofWhat(key.metric ?? '', key.region));
      const when = left <= 0 ? 'has expired' : `expires in ${duration(Math.max(HOUR, left))}`;
      findings.push({
        kind: 'lifecycle',
        at: now,
        text: `${name} ${when}, and then ${countdown.after}.`,
        key,
        callers: [],
      });
    }
    if (passed > 0) known[id] = passed;
    else delete known[id];
  }
  return { findings, told: known };
}

/** `AWS/KMS X KeyId=1234abcd-…` is of `key 1234abcd-… in eu-central-1`. */
function ofWhat(metric: string, region: string | null): string {
  const [, dimension = '', value = ''] = / (\w+)=(\S+)/.exec(metric) ?? [];
  const name = printable(value.replace(/^arn:.*:key\//, ''), 60);
  return `${dimension === 'KeyId' ? 'key ' : ''}${name}${region === null ? '' : ` in ${printable(region, 30)}`}`;
}
