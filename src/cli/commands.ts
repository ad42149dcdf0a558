import type { CliIo } from './output.js';

/** One command: what it says of itself, and what it does with the arguments behind its name. */
export interface Command {
  readonly help: string;
  /** Returns the exit status. */
  readonly run: (args: readonly string[], io: CliIo) => Promise<number>;
}

/** By name, in the order of the help. Each is loaded when it is asked for: all of them take 350 ms to load. */
export const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['analyze', () => import('./analyze.js').then(({ ANALYZE_HELP: help, analyze: run }) => ({ help, run }))],
  ['fit', () => import('./fit.js').then(({ FIT_HELP: help, fit: run }) => ({ help, run }))],
  ['score', () => import('./score.js').then(({ SCORE_HELP: help, score: run }) => ({ help, run }))],
  ['live', () => import('./live.js').then(({ LIVE_HELP: help, live: run }) => ({ help, run }))],
  ['watch', () => import('./watch.js').then(({ WATCH_HELP: help, watch: run }) => ({ help, run }))],
  ['snapshots', () => import('./snapshots.js').then(({ SNAPSHOTS_HELP: help, snapshots: run }) => ({ help, run }))],
  ['keys', () => import('./keys.js').then(({ KEYS_HELP: help, keys: run }) => ({ help, run }))],
  ['alarms', () => import('./alarms.js').then(({ ALARMS_HELP: help, alarms: run }) => ({ help, run }))],
  ['validate', () => import('./validate.js').then(({ VALIDATE_HELP: help, validate: run }) => ({ help, run }))],
  ['export', () => import('./export.js').then(({ EXPORT_HELP: help, exportDefinitions: run }) => ({ help, run }))],
  ['simulate', () => import('./simulate.js').then(({ SIMULATE_HELP: help, simulate: run }) => ({ help, run }))],
  ['evaluate', () => import('./evaluate.js').then(({ EVALUATE_HELP: help, evaluate: run }) => ({ help, run }))],
  ['schema', () => import('./schema.js').then(({ SCHEMA_HELP: help, schema: run }) => ({ help, run }))],
]);
