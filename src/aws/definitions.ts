import { crc32c } from '../series/codec-checksum.js';

/** Something to be reviewed and then sent by its owner; the library sends none of it. */
export interface DefinitionOf<Operation extends string, Input> {
  /** The API operation that takes it. */
  readonly operation: Operation;
  /** The Region it belongs to; null where that is up to whoever sends it. */
  readonly region: string | null;
  /** What it is for and what it was made of, for the reviewer. */
  readonly why: string;
  /** For the operation's command of the SDK; as JSON, for `aws … --cli-input-json`. */
  readonly input: Input;
}

/** Where metrics of this library's making go: no name of AWS's own may begin `AWS/`. */
export const NAMESPACE = 'KmsBaseline';

const KEY_ARN = /^arn:[^:]+:kms:([^:]+):\d{12}:key\/(.+)$/;

/** Region and id in a key's ARN; both empty where it is none. */
export function partsOfKey(keyArn: string): { region: string; id: string } {
  const [, region = '', id = ''] = KEY_ARN.exec(keyArn) ?? [];
  return { region, id };
}

/**
 * A name of at most `most` characters, of those that alarms, rules and filters take. One that had to be changed ends in a
 * checksum of what it was, so that two never become one.
 */
export function fittingName(text: string, most: number, allowed = /[^\w .:/()-]/g): string {
  const clean = text.replace(allowed, '_');
  if (clean === text && clean.length <= most) return clean;
  const sum = crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0');
  return `${clean.slice(0, most - 9)}-${sum}`;
}

/** Dimensions as CloudWatch writes them. */
export function dimensions(values: Readonly<Record<string, string>>): { Name: string; Value: string }[] {
  return Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
}
