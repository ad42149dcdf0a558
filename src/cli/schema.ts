import { InputError } from '../errors.js';
import { JSON_SCHEMA } from './json-schema.js';
import type { CliIo } from './output.js';
import { DONE } from './status.js';

export const SCHEMA_HELP = `Usage: kms-baseline schema

Prints the JSON Schema (draft 2020-12) of what --json prints: one shape for all
commands, in which a field means the same wherever it stands.

Example:
  kms-baseline schema > kms-baseline.schema.json
`;

/** Prints the schema of the JSON output. Returns the exit status. */
export async function schema(args: readonly string[], io: CliIo): Promise<number> {
  if (args.length > 0) throw new InputError(`schema takes no arguments, got ${JSON.stringify(args[0])}`);
  io.stdout.write(`${JSON.stringify(JSON_SCHEMA, null, 2)}\n`);
  return DONE;
}
