import { createRequire } from 'node:module';
import { InputError } from '../errors.js';
import { printable } from '../report/printable.js';
import { analyze, DONE, NOT_DONE } from './analyze.js';
import { ANALYZE_HELP, HELP } from './help.js';
import { parseAnalyze } from './options.js';
import type { CliIo } from './output.js';

/** As a shell reports a program that SIGINT ended. */
const INTERRUPTED = 130;

/**
 * The command: does what `argv` (without node and script) asks for, and returns the exit status. Mistakes are told on
 * stderr and do not throw.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (io.signal?.aborted === true) {
      io.stderr.write('kms-baseline: interrupted\n');
      return INTERRUPTED;
    }
    if (error instanceof InputError) {
      const command = argv[0] === 'analyze' ? ' analyze' : '';
      io.stderr.write(`kms-baseline: ${printable(error.message, 1000)}\nSee kms-baseline${command} --help.\n`);
    } else {
      // A mistake in this program: whoever reports it needs the stack.
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      io.stderr.write(`kms-baseline: unexpected error\n${stack}\n`);
    }
    return NOT_DONE;
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const [command, ...args] = argv;
  if (command === undefined) {
    io.stderr.write(HELP);
    return NOT_DONE;
  }
  if (command === '--version' || command === '-v') {
    io.stdout.write(`${version()}\n`);
    return DONE;
  }
  if (command === '--help' || command === '-h') {
    io.stdout.write(HELP);
    return DONE;
  }
  if (command !== 'analyze') {
    throw new InputError(`${JSON.stringify(command)} is no command; there is analyze: kms-baseline analyze <paths…>`);
  }
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) {
    io.stdout.write(ANALYZE_HELP);
    return DONE;
  }
  return analyze(parseAnalyze(args), io);
}

/** Of this package; the same two folders up from `src/cli` and from `dist/cli`. */
function version(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}
