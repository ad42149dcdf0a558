import { ALARMS_HELP, alarms } from './alarms.js';
import { analyze } from './analyze.js';
import { EVALUATE_HELP, evaluate } from './evaluate.js';
import { EXPORT_HELP, exportDefinitions } from './export.js';
import { FIT_HELP, fit } from './fit.js';
import { ANALYZE_HELP } from './help.js';
import { KEYS_HELP, keys } from './keys.js';
import { LIVE_HELP, live } from './live.js';
import type { CliIo } from './output.js';
import { SCHEMA_HELP, schema } from './schema.js';
import { SCORE_HELP, score } from './score.js';
import { SIMULATE_HELP, simulate } from './simulate.js';
import { VALIDATE_HELP, validate } from './validate.js';
import { WATCH_HELP, watch } from './watch.js';

/** One command: what it says of itself, and what it does with the arguments behind its name. */
export interface Command {
  readonly help: string;
  /** Returns the exit status. */
  readonly run: (args: readonly string[], io: CliIo) => Promise<number>;
}

/** By name, in the order of the help. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['analyze', { help: ANALYZE_HELP, run: analyze }],
  ['fit', { help: FIT_HELP, run: fit }],
  ['score', { help: SCORE_HELP, run: score }],
  ['live', { help: LIVE_HELP, run: live }],
  ['watch', { help: WATCH_HELP, run: watch }],
  ['keys', { help: KEYS_HELP, run: keys }],
  ['alarms', { help: ALARMS_HELP, run: alarms }],
  ['validate', { help: VALIDATE_HELP, run: validate }],
  ['export', { help: EXPORT_HELP, run: exportDefinitions }],
  ['simulate', { help: SIMULATE_HELP, run: simulate }],
  ['evaluate', { help: EVALUATE_HELP, run: evaluate }],
  ['schema', { help: SCHEMA_HELP, run: schema }],
]);
