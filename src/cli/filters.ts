import { SEVERITIES } from '../engine/anomalies/anomaly-of-runs.js';
import type { AnomalyKind, Severity } from '../engine/types.js';
import { closest, InputError, shown } from '../errors.js';
import type { AnomalyFilter } from '../report/anomaly-filter.js';
import { ANOMALY_KINDS } from '../report/filter.js';
import type { Arguments } from './flags.js';
import { parseWhole } from './values.js';

/** Flags that choose which anomalies are shown; those with `list` may be given several times. */
export const FILTER_FLAGS = {
  key: 'list',
  operation: 'list',
  caller: 'list',
  account: 'list',
  region: 'list',
  kind: 'list',
  severity: 'string',
  top: 'string',
} as const;

/** Of a live account: it is read one Region at a time, and its metrics name no callers. */
export const LIVE_FILTER_FLAGS = {
  key: 'list',
  operation: 'list',
  kind: 'list',
  severity: 'string',
  top: 'string',
} as const;

/** The names that logs can be filtered by. */
export const FILTER_NAMES = ['key', 'operation', 'caller', 'account', 'region'] as const;

export const FILTER_HELP = `What is shown (each but --severity and --top may be given several times):
  --severity <level>       critical, high, medium or low: this and worse
  --kind <kind>            spike, excess, drop, silence, level-shift, first-seen
                           or rare
  --key <key>              an ARN, a key id, or how an id begins
  --operation <name>       such as Decrypt
  --caller <name>          an ARN, role/App or App
  --account <id>           of the keys
  --region <name>          of the keys
  --top <number>           so many at most`;

/**
 * @param fields that a command can filter by names
 * @throws InputError that names the flag
 */
export function filterOf(
  given: Pick<Arguments<string>, 'list' | 'read'>,
  fields: readonly (typeof FILTER_NAMES)[number][],
): AnomalyFilter {
  const kinds = given.list('kind').map((text) => among(text, '--kind', ANOMALY_KINDS));
  const severity = given.read('severity', (text, flag): Severity => among(text, flag, SEVERITIES));
  const top = given.read('top', parseWhole(1, 1e6));
  const names = fields.flatMap((field) => {
    const list = given.list(field);
    return list.length === 0 ? [] : [[field, list] as const];
  });
  return {
    ...Object.fromEntries(names),
    ...(kinds.length === 0 ? {} : { kind: kinds as readonly AnomalyKind[] }),
    ...(severity === undefined ? {} : { severity }),
    ...(top === undefined ? {} : { top }),
  };
}

function among<T extends string>(text: string, flag: string, all: readonly T[]): T {
  const found = all.find((name) => name === text);
  if (found !== undefined) return found;
  const meant = closest(text, all);
  throw new InputError(
    `${flag} must be ${all.slice(0, -1).join(', ')} or ${all.at(-1)}, got ${shown(text)}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
  );
}
