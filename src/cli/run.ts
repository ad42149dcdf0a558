import { createRequire } from 'node:module';
import { AwsCallError } from '../aws/call-aws.js';
import { MissingPackage } from '../aws/load-client.js';
import { closest, InputError } from '../errors.js';
import { printable } from '../report/printable.js';
import { COMMANDS } from './commands.js';
import { HELP } from './help.js';
import type { CliIo } from './output.js';
import { DONE, INTERRUPTED, NOT_DONE } from './status.js';

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
      const command = COMMANDS.has(argv[0] ?? '') ? ` ${argv[0]}` : '';
      io.stderr.write(`kms-baseline: ${printable(error.message, 1000)}\nSee kms-baseline${command} --help.\n`);
    } else if (error instanceof AwsCallError || error instanceof MissingPackage) {
      io.stderr.write(`kms-baseline: ${printable(error.message, 1000)}\n`);
    } else {
      // A mistake in this program: whoever reports it needs the stack.
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      io.stderr.write(`kms-baseline: unexpected error\n${stack}\n`);
    }
    return NOT_DONE;
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined) {
    io.stderr.write(HELP);
    return NOT_DONE;
  }
  if (name === '--version' || name === '-v') {
    io.stdout.write(`${version()}\n`);
    return DONE;
  }
  if (name === '--help' || name === '-h') {
    io.stdout.write(HELP);
    return DONE;
  }
  const load = COMMANDS.get(name);
  if (load === undefined) {
    const names = [...COMMANDS.keys()];
    const meant = name.length > 64 ? undefined : closest(name, names);
    throw new InputError(
      `Unknown command ${JSON.stringify(name)}. ${meant === undefined ? '' : `Did you mean ${meant}? `}Commands: ${names.join(', ')}; for example kms-baseline analyze <paths…>`,
    );
  }
  const command = await load();
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) {
    io.stdout.write(command.help);
    return DONE;
  }
  return command.run(args, io);
}

/** Of this package; the same two folders up from `src/cli` and from `dist/cli`. */
function version(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}
