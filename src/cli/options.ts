import { parseArgs } from 'node:util';
import { InputError, shown } from '../errors.js';
import { DAY, MINUTE, SECOND } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import { parseBudget, parseDuration, parseTime } from './values.js';

export interface AnalyzeOptions {
  readonly paths: readonly string[];
  /** Epoch ms; `undefined`: `last` before the end. */
  readonly historyUntil: number | undefined;
  /** Ms. */
  readonly last: number;
  /** Epoch ms; `undefined`: to the end of the logs. */
  readonly until: number | undefined;
  /** Ms. */
  readonly step: number;
  readonly timeZone: string;
  /** False alarms a week. */
  readonly budget: number;
  readonly json: boolean;
  readonly failOnAnomaly: boolean;
}

const FLAGS = {
  'history-until': 'string',
  last: 'string',
  until: 'string',
  step: 'string',
  'time-zone': 'string',
  budget: 'string',
  json: 'boolean',
  'fail-on-anomaly': 'boolean',
} as const;

type Flag = keyof typeof FLAGS;

/**
 * The options of `analyze`, from the arguments behind the command.
 * @throws InputError that names the flag
 */
export function parseAnalyze(args: readonly string[]): AnalyzeOptions {
  const { paths, values } = readFlags(args);
  if (paths.length === 0) throw new InputError('analyze needs at least one file or folder of CloudTrail logs');
  const read = <T>(flag: Flag, parse: (text: string, flag: string) => T): T | undefined => {
    const text = values.get(flag);
    return text === undefined ? undefined : parse(text, `--${flag}`);
  };
  const historyUntil = read('history-until', parseTime);
  const last = read('last', parseDuration);
  const until = read('until', parseTime);
  const step = read('step', parseDuration) ?? 5 * MINUTE;
  if (step < SECOND || step > DAY) throw new InputError(`--step must be from 1s to 1d, got ${values.get('step')}`);
  if (historyUntil !== undefined && last !== undefined) {
    throw new InputError('--history-until and --last both say where the history ends: give one of them');
  }
  if (historyUntil !== undefined && until !== undefined && historyUntil >= until) {
    throw new InputError(
      `--until must be later than --history-until, got ${values.get('until')} and ${values.get('history-until')}`,
    );
  }
  if (last !== undefined && last < step) {
    throw new InputError(`--last must be at least one --step, got ${values.get('last')}`);
  }
  return {
    paths,
    historyUntil,
    last: last ?? Math.max(DAY, step),
    until,
    step,
    timeZone: read('time-zone', checkZone) ?? 'UTC',
    budget: read('budget', parseBudget) ?? 1,
    json: values.has('json'),
    failOnAnomaly: values.has('fail-on-anomaly'),
  };
}

/** Arguments sorted into paths and flags. Not by `parseArgs` in its strict way: its messages speak to programmers. */
function readFlags(args: readonly string[]): { paths: string[]; values: Map<Flag, string> } {
  const options = Object.fromEntries(Object.entries(FLAGS).map(([name, type]) => [name, { type }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const paths: string[] = [];
  const values = new Map<Flag, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (token.value === '') throw new InputError('a path must not be empty');
      paths.push(token.value);
    }
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!isFlag(name) || !rawName.startsWith('--')) {
      const known = Object.keys(FLAGS).map((flag) => `--${flag}`);
      throw new InputError(`${shown(rawName)} is no flag of analyze; it has ${known.join(', ')} and --help`);
    }
    if (values.has(name)) throw new InputError(`${rawName} must be given once only`);
    if (FLAGS[name] === 'boolean') {
      if (value !== undefined) throw new InputError(`${rawName} takes no value, got ${shown(value)}`);
    } else if (value === undefined || value === '' || (inlineValue !== true && value.startsWith('--'))) {
      throw new InputError(`${rawName} needs a value`);
    }
    values.set(name, value ?? '');
  }
  return { paths, values };
}

function isFlag(name: string): name is Flag {
  return Object.hasOwn(FLAGS, name);
}
