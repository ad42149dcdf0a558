import { InputError, shown } from '../errors.js';
import { isObject } from '../kms/raw-record.js';
import { type KeyNames, keyName, keyParts } from './names.js';
import { printable } from './printable.js';

/** What people call a KMS key, and whose it is. */
export interface KeyLabel {
  readonly keyArn: string;
  /** `alias/payments`; several where a key has several. */
  readonly aliases: readonly string[];
  readonly owner: string | null;
}

/** A KMS key as a report names it. */
export interface NamedKey {
  readonly keyArn: string;
  /** What stands in the report's words: unlike that of any other key in it. */
  readonly name: string;
  /** All aliases that are known of it. */
  readonly aliases: readonly string[];
  readonly owner: string | null;
}

/** So many digits of a key's id stand in its name at least. */
const LEAST = 8;

/**
 * Names for KMS keys that tell them apart: the first alias where one is known, else as many digits of the id as no other
 * key of the same Region begins with, eight at least; with the Region. Keys in the order of their ARNs, each once.
 */
export function nameKeys(keyArns: Iterable<string>, labels: readonly KeyLabel[] = []): NamedKey[] {
  const labelOf = new Map(labels.map((label) => [label.keyArn, label]));
  const keys = [...new Set(keyArns)].sort().map((keyArn) => ({ keyArn, ...keyParts(keyArn) }));
  const heads = headsOf(keys.flatMap(({ id, region }) => (id === null ? [] : [{ id, region: region ?? '' }])));
  const named = keys.map(({ keyArn, id, region, account }) => {
    const { aliases = [], owner = null } = labelOf.get(keyArn) ?? {};
    const head = id === null ? null : (heads.get(`${region} ${id}`) ?? id);
    const alias = aliases.length === 0 ? null : printable([...aliases].sort()[0], 80);
    const place = region === null ? '' : ` (${printable(region, 30)})`;
    const names = [
      ...(alias === null ? [] : [`${alias}${place}`]),
      ...(head === null ? [keyName(keyArn)] : [`${alias === null ? '' : `${alias} `}${head}${place}`]),
      ...(head === null ? [] : [`${alias ?? head} (${printable(region ?? '', 30)}, account ${account})`]),
      printable(keyArn, 256),
    ];
    return { keyArn, aliases, owner, names };
  });
  for (let level = 0; level < 4; level++) {
    // What two keys would share, neither gets: each goes on to its next, longer name.
    const taken = new Map<string, number>();
    for (const { names } of named) taken.set(names[0], (taken.get(names[0]) ?? 0) + 1);
    for (const { names } of named) if ((taken.get(names[0]) ?? 0) > 1 && names.length > 1) names.shift();
  }
  return named.map(({ keyArn, aliases, owner, names }) => ({ keyArn, name: names[0], aliases, owner }));
}

/** Names by ARN; of keys that are not among these, the usual ones. */
export function keyNamesOf(keys: readonly NamedKey[] | undefined): KeyNames {
  if (keys === undefined || keys.length === 0) return keyName;
  const names = new Map(keys.map(({ keyArn, name }) => [keyArn, name]));
  return (keyArn) => names.get(keyArn) ?? keyName(keyArn);
}

/** By Region and id, so many digits that no other id of the Region begins with them. */
function headsOf(keys: readonly { id: string; region: string }[]): Map<string, string> {
  const heads = new Map<string, string>();
  const sorted = [...new Map(keys.map(({ id, region }) => [`${region} ${id}`, id]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  for (const [i, [place, id]] of sorted.entries()) {
    const common = Math.max(
      ...[sorted[i - 1], sorted[i + 1]].map((other) => (other === undefined ? 0 : shared(place, other[0]))),
    );
    const within = Math.max(0, common - (place.length - id.length));
    const least = (id.startsWith('mrk-') ? 4 : 0) + LEAST;
    const length = Math.max(least, within + 1);
    const head = id.slice(0, id[length - 1] === '-' ? length + 1 : length);
    heads.set(place, isId(id) ? head : printable(id, 40));
  }
  return heads;
}

function isId(id: string): boolean {
  return /^(?:mrk-)?[0-9a-f]{8}[0-9a-f-]{16,}$/i.test(id);
}

function shared(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/**
 * Labels from JSON that people have: what `aws kms list-aliases` prints (`{"Aliases": [{"AliasName", "AliasArn",
 * "TargetKeyId"}]}`), an object by key ARN (`{"arn:…": "alias/payments"}` or `{"arn:…": {"alias": …, "owner": …}}`), or a
 * list of objects with `keyArn` and `alias`, `aliases` or `owner`, such as the keys of `keyInventory`.
 * @param name of the input, for errors
 * @throws InputError when it is none of these, or a field is not what it should be
 */
export function keyLabelsFrom(json: unknown, name = 'aliases'): KeyLabel[] {
  const found = new Map<string, { aliases: string[]; owner: string | null }>();
  const add = (keyArn: unknown, aliases: readonly unknown[], owner: unknown, place: string): void => {
    if (typeof keyArn !== 'string' || keyParts(keyArn).id === null) {
      throw new InputError(`${place} must be the ARN of a KMS key, got ${shown(keyArn)}`);
    }
    for (const alias of aliases) {
      if (typeof alias !== 'string' || alias === '') {
        throw new InputError(`${place} must have texts as aliases, got ${shown(alias)}`);
      }
    }
    if (owner !== undefined && owner !== null && typeof owner !== 'string') {
      throw new InputError(`${place}.owner must be a text, got ${shown(owner)}`);
    }
    const label = found.get(keyArn) ?? { aliases: [], owner: null };
    found.set(keyArn, label);
    label.aliases.push(...(aliases as string[]).filter((alias) => !label.aliases.includes(alias)));
    label.owner = owner ?? label.owner;
  };
  if (Array.isArray(json)) {
    for (const [i, item] of json.entries()) addObject(item, `${name}[${i}]`, add);
  } else if (isObject(json) && Array.isArray(json['Aliases'])) {
    for (const [i, item] of json['Aliases'].entries()) addAlias(item, `${name}.Aliases[${i}]`, add);
  } else if (isObject(json)) {
    for (const [keyArn, value] of Object.entries(json)) {
      const place = `${name}[${JSON.stringify(keyArn)}]`;
      if (typeof value === 'string') add(keyArn, [value], null, place);
      else addObject({ ...asObject(value, place), keyArn }, place, add);
    }
  } else {
    throw new InputError(`${name} must be an object or a list, got ${shown(json)}`);
  }
  return [...found].map(([keyArn, label]) => ({ keyArn, ...label }));
}

type Add = (keyArn: unknown, aliases: readonly unknown[], owner: unknown, place: string) => void;

function addObject(item: unknown, place: string, add: Add): void {
  const { keyArn, alias, aliases, owner } = asObject(item, place);
  if (aliases !== undefined && !Array.isArray(aliases)) {
    throw new InputError(`${place}.aliases must be a list, got ${shown(aliases)}`);
  }
  add(keyArn, [...(alias === undefined || alias === null ? [] : [alias]), ...(aliases ?? [])], owner, place);
}

/** An alias as ListAliases has it: the key's ARN is made of the alias's own and the key's id. */
function addAlias(item: unknown, place: string, add: Add): void {
  const { AliasName, AliasArn, TargetKeyId } = asObject(item, place);
  // An alias that AWS keeps for a service that was not used yet has no key.
  if (TargetKeyId === undefined || TargetKeyId === null) return;
  const home = typeof AliasArn === 'string' ? /^arn:[^:]+:kms:[^:]+:\d{12}:/.exec(AliasArn)?.[0] : undefined;
  if (home === undefined) throw new InputError(`${place}.AliasArn must be the ARN of an alias, got ${shown(AliasArn)}`);
  add(`${home}key/${String(TargetKeyId)}`, [AliasName], null, place);
}

function asObject(value: unknown, place: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new InputError(`${place} must be an object, got ${shown(value)}`);
}
