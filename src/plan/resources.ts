import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import { keyParts } from '../report/names.js';
import type { SeriesKey } from '../series/key.js';

/** Which calls a plan is about. A list left out means all; a call must be of every list that is there. */
export interface Resources {
  /** Key ARNs; `*` in one stands for any text. */
  readonly keys?: readonly string[];
  readonly operations?: readonly string[];
  readonly accounts?: readonly string[];
  readonly regions?: readonly string[];
}

const LISTS: OptionNames<Resources> = { keys: true, operations: true, accounts: true, regions: true };

/** @throws InputError naming the field */
export function checkResources(value: unknown, field: string): Resources {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${field} must be an object with ${Object.keys(LISTS).join(', ')}, got ${shown(value)}`);
  }
  checkOptions(value, LISTS, field);
  for (const [name, list] of Object.entries(value)) {
    if (!Array.isArray(list) || list.length === 0) {
      throw new InputError(`${field}.${name} must be an array of at least one text, got ${shown(list)}`);
    }
    const wrong = list.findIndex((entry) => typeof entry !== 'string' || entry === '');
    if (wrong >= 0) throw new InputError(`${field}.${name}[${wrong}] must be a text, got ${shown(list[wrong])}`);
  }
  return value as Resources;
}

/** Whether a call is one of the plan's; with some keys only, a call on two counts under those. */
export function callFilter(resources: Resources): (call: KmsCall) => KmsCall | undefined {
  const { keys, operations, accounts, regions } = resources;
  const patterns = keys?.map(patternOf);
  return (call) => {
    if (operations !== undefined && !operations.includes(call.operation)) return undefined;
    if (accounts !== undefined && !accounts.includes(call.account)) return undefined;
    if (regions !== undefined && !regions.includes(call.region)) return undefined;
    if (patterns === undefined) return call;
    const keyArns = call.keyArns.filter((arn) => patterns.some((pattern) => pattern.test(arn)));
    return keyArns.length === 0 ? undefined : { ...call, keyArns };
  };
}

/** Whether a row of counts is of the plan's resources: as far as its key says what it is of. */
export function rowFilter({ keys, operations, accounts, regions }: Resources): (key: SeriesKey) => boolean {
  const patterns = keys?.map(patternOf);
  return ({ keyArn, operation, account, region }) => {
    const of = keyArn === null ? { account, region } : { ...keyParts(keyArn) };
    const isOf = (list: readonly string[] | undefined, name: string | null): boolean =>
      list === undefined || (name !== null && list.includes(name));
    if (patterns !== undefined && (keyArn === null || !patterns.some((pattern) => pattern.test(keyArn)))) return false;
    return isOf(operations, operation) && isOf(accounts, of.account ?? account) && isOf(regions, of.region ?? region);
  };
}

function patternOf(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
