import { InputError, shown } from '../errors.js';
import { type SeriesKey, seriesKey } from '../series/key.js';
import { FLEET_SHARES, type FleetKind, type RowPlan } from './fleet-plan.js';
import type { Random } from './random.js';

/** Kinds by their shares, by largest remainder; pairs never seen last. */
export function kindsOf(series: number, only: readonly FleetKind[] | undefined): FleetKind[] {
  const all = Object.keys(FLEET_SHARES) as FleetKind[];
  const unknown = only?.find((kind) => !all.includes(kind));
  if (unknown !== undefined || only?.length === 0) {
    throw new InputError(`only must name kinds of rows (${all.join(', ')}), got ${shown(unknown ?? '')}`);
  }
  const used = all.filter((kind) => only?.includes(kind) ?? true);
  const total = used.reduce((sum, kind) => sum + FLEET_SHARES[kind], 0);
  const exact = used.map((kind) => (FLEET_SHARES[kind] * series) / total);
  const counts = exact.map(Math.floor);
  const byRemainder = used.map((_, i) => i).sort((a, b) => exact[b] - counts[b] - (exact[a] - counts[a]));
  for (let left = series - counts.reduce((a, b) => a + b, 0), i = 0; left > 0; left--, i++) counts[byRemainder[i]]++;
  return used.flatMap((kind, i) => Array.from({ length: counts[i] }, () => kind));
}

/** A pair of operation and key for each row: keys are shared by a few operations, as in a real account. */
export function keysFor(plans: readonly RowPlan[], random: Random): SeriesKey[] {
  const arns = Array.from(
    { length: Math.max(1, Math.ceil(plans.length / 2)) },
    () => `arn:aws:kms:eu-central-1:111122223333:key/${random.uuid()}`,
  );
  const taken = new Set<string>();
  return plans.map(({ operation }) => {
    let keyArn = random.pick(arns);
    // Few keys and one operation: a new key where all are taken.
    if (taken.has(`${operation} ${keyArn}`)) keyArn = arns.find((arn) => !taken.has(`${operation} ${arn}`)) ?? keyArn;
    if (taken.has(`${operation} ${keyArn}`)) keyArn = `arn:aws:kms:eu-central-1:111122223333:key/${random.uuid()}`;
    taken.add(`${operation} ${keyArn}`);
    return seriesKey({ operation, keyArn });
  });
}
