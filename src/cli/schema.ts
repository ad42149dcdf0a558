import { InputError } from '../errors.js';
import { JSON_SCHEMA } from './json-schema.js';
import type { CliIo } from './output.js';
import { planSchema } from './plan-schema.js';
import { DONE } from './status.js';

export const SCHEMA_HELP = `Usage: kms-baseline schema [plan]

Prints the JSON Schema (draft 2020-12) of what --json prints: one shape for all
commands, in which a field means the same wherever it stands. With plan, that of
a plan's file, with every source and notifier.

Examples:
  kms-baseline schema > kms-baseline.schema.json
  kms-baseline schema plan > plan.schema.json
`;

/** Prints the schema of the JSON output, or of a plan's file. Returns the exit status. */
export async function schema(args: readonly string[], io: CliIo): Promise<number> {
  const [what, more] = args;
  if (more !== undefined || (what !== undefined && what !== 'plan')) {
    throw new InputError(`schema takes plan or nothing, got ${JSON.stringify(args.join(' '))}`);
  }
  io.stdout.write(`${JSON.stringify(what === 'plan' ? planSchema() : JSON_SCHEMA, null, 2)}\n`);
  return DONE;
}
