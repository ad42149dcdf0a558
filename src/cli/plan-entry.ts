import { checkOptions, closest, InputError, shown } from '../errors.js';
import { parseDuration } from './values.js';

/** A part of the JSON Schema of a plan's file. */
export type Schema = Readonly<Record<string, unknown>>;

export const TEXT: Schema = { type: 'string', minLength: 1 };
export const TEXTS: Schema = { oneOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }] };
/** `5m`, or milliseconds. */
export const LENGTH: Schema = {
  oneOf: [
    { type: 'string', pattern: '^[1-9]\\d{0,5}[smhdw]$' },
    { type: 'integer', minimum: 0 },
  ],
};
export const FLAG: Schema = { type: 'boolean' };

/** One kind of source or notifier: the field that names it, and the fields that it has besides. */
export interface EntryKind<T> {
  /** The schema of each field; that which names the kind is among them. */
  readonly fields: Readonly<Record<string, Schema>>;
  /** Fields that must be there, besides the one that names the kind. */
  readonly required?: readonly string[];
  readonly make: (entry: Entry) => Promise<T>;
}

export type EntryKinds<T> = Readonly<Record<string, EntryKind<T>>>;

/** An object of a plan in JSON: its own fields, read with messages that say where they stand. */
export class Entry {
  /** `plan.sources[0]` */
  readonly field: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(value: object, field: string) {
    this.field = field;
    this.#fields = new Map(Object.entries(value));
  }

  value(name: string): unknown {
    return this.#fields.get(name);
  }

  fail(name: string, need: string): never {
    throw new InputError(`${this.field}.${name} must be ${need}, got ${shown(this.value(name))}`);
  }

  text(name: string, need = 'a text'): string {
    return this.optional(name, need) ?? this.fail(name, need);
  }

  optional(name: string, need = 'a text'): string | undefined {
    const value = this.value(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    return this.fail(name, need);
  }

  /** One text, or several; none where it is left out. */
  texts(name: string, need = 'a text or several'): readonly string[] {
    const value = this.value(name);
    const list: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
    const isWrong = (one: unknown) => typeof one !== 'string' || one === '';
    if ((value !== undefined && list.length === 0) || list.some(isWrong)) this.fail(name, need);
    return list as readonly string[];
  }

  /** Ms. */
  length(name: string): number | undefined {
    const value = this.value(name);
    if (typeof value === 'string') return parseDuration(value, `${this.field}.${name}`);
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 0)) return value;
    return this.fail(name, 'a length of time such as 1h, or milliseconds');
  }

  flag(name: string): boolean {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    return this.fail(name, 'true or false');
  }

  /** The fields that are there, by their names, for options that take them. */
  given<T>(read: Readonly<Record<string, T | undefined>>): Record<string, T> {
    return Object.fromEntries(Object.entries(read).filter((pair): pair is [string, T] => pair[1] !== undefined));
  }
}

/**
 * What an entry of a plan's list is: made by the kind that its fields name, or as it is where it has the function that makes it
 * one, as of a plan in a module.
 * @throws InputError that names the entry, and the kind that was probably meant
 */
export async function entryOf<T>(
  value: unknown,
  field: string,
  what: string,
  method: 'poll' | 'tell',
  kinds: EntryKinds<T>,
): Promise<T | null> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${field} must be an object that names a ${what}, got ${shown(value)}`);
  }
  if (typeof (value as Record<string, unknown>)[method] === 'function') return null;
  const names = Object.keys(value);
  const all = Object.keys(kinds);
  const [name, other] = names.filter((one) => Object.hasOwn(kinds, one));
  if (name === undefined) {
    const meant = names.map((one) => closest(one, all)).find((one) => one !== undefined);
    const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
    throw new InputError(
      `${field} must name a ${what}, one of ${all.join(', ')}, got ${shown(names.join(', '))}${hint}`,
    );
  }
  if (other !== undefined) throw new InputError(`${field} must name one ${what}, got ${name} and ${other}`);
  const kind = kinds[name];
  checkOptions(value, Object.fromEntries(Object.keys(kind.fields).map((one) => [one, true] as const)), field);
  const entry = new Entry(value, field);
  for (const one of kind.required ?? []) if (entry.value(one) === undefined) entry.fail(one, 'given');
  return kind.make(entry);
}

/** The schema of one entry: any of the kinds. */
export function entrySchema(kinds: EntryKinds<unknown>): Schema {
  return {
    oneOf: Object.entries(kinds).map(([name, { fields, required = [] }]) => ({
      type: 'object',
      properties: fields,
      required: [name, ...required],
      additionalProperties: false,
    })),
  };
}
