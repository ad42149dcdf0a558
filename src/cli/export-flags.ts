import type { Baseline } from '../engine/baseline.js';
import { Detector } from '../engine/detector.js';
import { InputError, shown } from '../errors.js';
import { detectors } from '../plan/judge.js';
import { watchFromBytes } from '../plan/watch-bytes.js';
import type { TimeRange } from '../series/builder.js';
import { type Arguments, readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { storeAt } from './state-place.js';
import { parseBudget, parseWhole } from './values.js';
import { readPlan } from './watch-plan.js';

const FLAGS = {
  baseline: 'string',
  plan: 'string',
  'log-group': 'string',
  keys: 'boolean',
  action: 'list',
  target: 'string',
  pairs: 'string',
  anomaly: 'boolean',
  cryptographic: 'boolean',
  budget: 'string',
  prefix: 'string',
  account: 'list',
  format: 'string',
  region: 'string',
  profile: 'string',
  endpoint: 'string',
} as const;

export type ExportGiven = Arguments<keyof typeof FLAGS>;

const KINDS = ['alarms', 'filters', 'rules', 'dashboard'] as const;
const FORMATS = ['json', 'cloudformation', 'terraform', 'sigma'] as const;

export interface ExportSettings {
  readonly what: ReadonlySet<(typeof KINDS)[number]>;
  /** They were named: what they need must be there. */
  readonly isNamed: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly logGroup: string | undefined;
  readonly prefix: string | undefined;
  /** False alarms a week. */
  readonly perWeek: number;
  readonly pairs: number | undefined;
  readonly exclude: readonly TimeRange[];
  /** What a plan's state has learned; `undefined` without a plan. */
  readonly fromPlan: (() => Promise<Baseline>) | undefined;
}

/** @throws InputError that names the flag */
export function exportFlags(args: readonly string[]): ExportGiven {
  return readArguments('export', FLAGS, args);
}

/**
 * What the flags say together, and the plan that they name.
 * @throws InputError for flags that do not go together, and for what is missing
 */
export async function exportSettings(given: ExportGiven, io: CliIo): Promise<ExportSettings> {
  const named = given.paths.map((text) => oneOf(KINDS, text, 'what to export'));
  const format = given.read('format', (text) => oneOf(FORMATS, text, '--format')) ?? 'json';
  const what = new Set(named.length === 0 ? (format === 'sigma' ? (['rules'] as const) : KINDS) : named);
  const others = [...what].filter((kind) => kind !== 'rules');
  if (format === 'sigma' && others.length > 0) {
    throw new InputError(`--format sigma is for rules only, got ${others.join(', ')}`);
  }
  if (format !== 'sigma' && given.has('account')) throw new InputError('--account is for --format sigma only');
  const logGroup = given.text('log-group');
  if (named.includes('filters') && logGroup === undefined) {
    throw new InputError('export filters needs --log-group, the log group that the trail delivers to');
  }
  const path = given.text('plan');
  const file = path === undefined ? undefined : await readPlan(path, io, process.env);
  return {
    what,
    isNamed: named.length > 0,
    format,
    logGroup,
    prefix: given.text('prefix') ?? file?.plan.name,
    perWeek: given.read('budget', parseBudget) ?? file?.plan.alertBudget.perWeek ?? 1,
    pairs: given.read('pairs', parseWhole(1, 1e6)),
    exclude: file?.plan.exclude ?? [],
    fromPlan:
      file === undefined
        ? undefined
        : async () => {
            const { store } = await storeAt(file.state, file.clients);
            const bytes = await store.load();
            const judge = bytes === null ? null : watchFromBytes(bytes, file.plan, detectors).judgeBytes;
            if (judge !== null) return Detector.fromBytes(judge).baseline;
            throw new InputError(
              `the plan ${shown(path)} has learned nothing yet: run kms-baseline watch first, or give --baseline`,
            );
          },
  };
}

function oneOf<T extends string>(names: readonly T[], text: string, what: string): T {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InputError(`${what} must be one of ${names.join(', ')}, got ${shown(text)}`);
}
