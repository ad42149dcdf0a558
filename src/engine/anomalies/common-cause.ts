import { HOUR } from '../../time/grid.js';
import { type Affected, type Anomaly, BELOW } from '../types.js';
import { type Direction, isCommon, nameOf, type Scope, ScopeKeys, scopeOf, shownBy, UNSEEN } from './affected-keys.js';
import { anomalyOf, bySurprise, type IsCritical, worstFirst } from './anomaly-of-runs.js';
import { byRow, type Run } from './breach-runs.js';
import type { Group } from './group-runs.js';
import { cellAt, type JoinedRow } from './joined-scores.js';

/** What stops together was called for the last time as long before at most, as in incident-book.ts. */
const LAST_CALLS = 72 * HOUR;

/** Anomalies of one account and side that go together. */
interface Cluster {
  readonly groups: Group[];
  readonly from: number;
  to: number;
  affected: Affected | undefined;
}

/**
 * The anomalies of groups, where those that depart together with so many keys of one account that chance cannot have made
 * it are one, on the worst of its rows; the other rows are related.
 * @param rows all over the time that is searched
 */
export function anomaliesOf(groups: readonly Group[], rows: readonly JoinedRow[], isCritical: IsCritical): Anomaly[] {
  const test = groupTest(rows);
  const clusters = new Map<string, Cluster[]>();
  const all: Cluster[] = [];
  const ordered = [...groups].sort((a, b) => a.run.reported - b.run.reported || byRow(a.run, b.run));
  for (const group of ordered) {
    const { key, direction, from, to, reported, step } = group.run;
    const scope = scopeOf(key);
    const name = `${direction} ${nameOf(scope)}`;
    const near = mayShare(group.run, isCritical) ? (clusters.get(name) ?? []) : [];
    const open = near.find((one) => reported <= one.to + HOUR && from >= one.from - LAST_CALLS);
    const affected = open === undefined ? undefined : test(scope, direction, reported - step);
    if (open !== undefined && affected !== undefined && isCommon(affected)) {
      open.groups.push(group);
      open.to = Math.max(open.to, to);
      if (affected.keys > (open.affected?.keys ?? 0)) open.affected = affected;
      continue;
    }
    const own = { groups: [group], from, to, affected: undefined };
    all.push(own);
    if (mayShare(group.run, isCritical)) clusters.set(name, [...near, own]);
  }
  return all.map((cluster) => asOne(cluster, isCritical)).sort(bySurprise);
}

/** Whether a run may be one of many with one cause; what a caller does is not, nor what is critical, or new. */
export function mayShare({ key, direction, known }: Run, isCritical: IsCritical): boolean {
  if (scopeOf(key).account === null || key.caller !== null || key.metric !== null) return false;
  return direction === BELOW || (known && !(key.operation !== null && isCritical(key.operation)));
}

function asOne({ groups, affected }: Cluster, isCritical: IsCritical): Anomaly {
  const anomalies = groups.map((group) => anomalyOf(group, isCritical));
  if (affected === undefined) return anomalies[0];
  const [worst] = [...anomalies].sort(worstFirst);
  const main = groups[anomalies.indexOf(worst)];
  const others = groups.filter((group) => group !== main).flatMap(({ run, related }) => [run, ...related]);
  const whole = { run: main.run, rows: main.rows, related: [...main.related, ...others] };
  return { ...anomalyOf(whole, isCritical), severity: worst.severity, affected };
}

/** How many keys of a scope depart in the bucket at a time; each is counted once. */
function groupTest(rows: readonly JoinedRow[]): (scope: Scope, direction: Direction, time: number) => Affected {
  const scopes = new ScopeKeys();
  const known = new Map<string, Affected>();
  let isReady = false;
  return (scope, direction, time) => {
    if (!isReady) scopes.use(rows.map(({ key }) => key));
    isReady = true;
    const name = `${direction === BELOW ? 'below' : 'above'} ${time} ${nameOf(scope)}`;
    let affected = known.get(name);
    if (affected === undefined) {
      affected = scopes.affected(scope, (row) => {
        const cell = cellAt(rows[row], time);
        return cell === undefined ? UNSEEN : shownBy(cell.scores, cell.row, cell.bucket, direction);
      });
      known.set(name, affected);
    }
    return affected;
  };
}
