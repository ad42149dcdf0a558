import { InputError, shown } from '../errors.js';
import type { SeriesSetBuilder } from '../series/builder.js';
import { KEY_FIELDS, type SeriesKey } from '../series/key.js';
import type { CallKind } from './call-batch.js';
import { countedError, errorNames, outcomeOf } from './errors.js';
import { TupleTable } from './tuple-table.js';

/** The names that a call has a value for. */
export type CallField = Exclude<keyof SeriesKey, 'metric'>;

/**
 * What a level may name. One that names `error` has rows for calls that did not succeed only, one for each error code that
 * KMS documents and one for all others: with the `outcome`, and the code in `metric` (see `errorCodeIn`).
 */
export type LevelField = CallField | 'error';

/** Per operation, how it ended, per key, and both: what there is to tell without knowing who called. */
export const DEFAULT_BY: readonly (readonly CallField[])[] = [
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
];

/** The same, then who called, and how the calls that failed did: what the command and plans count by. */
export const BY_CALLER = [
  ...DEFAULT_BY,
  ['operation', 'caller'],
  ['keyArn', 'operation', 'caller'],
  ['operation', 'caller', 'error'],
  ['keyArn', 'operation', 'caller', 'error'],
] as const satisfies readonly (readonly LevelField[])[];

interface Level {
  readonly fields: readonly LevelField[];
  readonly namesKey: boolean;
  readonly namesError: boolean;
}

/** Numbers of texts, from 0 on in the order in which they come. */
class TextNumbers {
  readonly #numbers = new Map<string, number>();
  // Most texts are those of the call before, and most often the same object.
  #text: string | undefined;
  #number = 0;

  of(text: string): number {
    if (text === this.#text) return this.#number;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(text, number);
    }
    this.#text = text;
    this.#number = number;
    return number;
  }
}

const OUTCOMES = ['ok', 'error', 'dry-run'] as const;

/** Where the numbers of a call stand in the tuple that says what is counted of it; those that no level names are 0. */
const [OPERATION, KEYS, CALLER, ERROR, SOURCE] = [0, 1, 2, 3, 4];

/**
 * Finds the rows of a {@link SeriesSetBuilder} in which a call counts, and adds those that are new. Texts become numbers once; from
 * then on, what is alike in all that is counted is one kind, found by a hash of five whole numbers.
 */
export class CallRows {
  readonly #builder: SeriesSetBuilder;
  readonly #levels: readonly Level[];
  /** Whether a level, or whoever asks for kinds, tells these apart. */
  readonly #tells: { readonly operation: boolean; readonly key: boolean; readonly caller: boolean };
  readonly #byOutcome: boolean;
  readonly #byError: boolean;
  readonly #operations = new TextNumbers();
  readonly #keys = new TextNumbers();
  readonly #keyLists = new TextNumbers();
  readonly #callers = new TextNumbers();
  readonly #errors = new TextNumbers();
  readonly #accounts = new TextNumbers();
  readonly #regions = new TextNumbers();
  readonly #kind = new Int32Array(5);
  readonly #kinds = new TupleTable(5);
  readonly #row = new Int32Array(7);
  /** By level and the numbers of its fields. */
  readonly #rows = new TupleTable(7);
  /** By kind, where its rows begin in `rows`; one more for the end. */
  starts = new Int32Array(64);
  /** Rows of the builder, kind after kind. */
  rows = new Int32Array(256);

  /** @param withUse whether kinds tell keys and callers apart even where no level does */
  constructor(by: unknown, builder: SeriesSetBuilder, withUse = false) {
    this.#builder = builder;
    this.#levels = checkLevels(by, LEVEL_FIELDS).map((fields) => ({
      fields,
      namesKey: fields.includes('keyArn'),
      namesError: fields.includes('error'),
    }));
    const names = (field: LevelField): boolean => this.#levels.some(({ fields }) => fields.includes(field));
    this.#tells = {
      operation: names('operation'),
      key: withUse || names('keyArn'),
      caller: withUse || names('caller'),
    };
    this.#byOutcome = names('outcome');
    this.#byError = names('error');
  }

  /** So many kinds have come. */
  get kinds(): number {
    return this.#kinds.size;
  }

  /**
   * The number of what is counted of a call: with `starts` and `rows` it gives its rows, each once: one a level, but where the
   * level names the key, one for each key of the call. It is `kinds` as it was before where it is new.
   * @param source number of the log of its account and Region
   */
  kindOf(call: CallKind, source: number): number {
    const { operation, key, caller } = this.#tells;
    const kind = this.#kind;
    if (operation) kind[OPERATION] = this.#operations.of(call.operation);
    if (key) kind[KEYS] = this.#numberOfKeys(call.keyArns);
    if (caller) kind[CALLER] = this.#callers.of(call.caller);
    kind[ERROR] = call.error === null ? 0 : this.#numberOfError(call.error);
    kind[SOURCE] = source;
    const before = this.#kinds.size;
    const number = this.#kinds.numberOf(kind);
    if (number === before) this.#addRows(call, number);
    return number;
  }

  /** 0 for none, odd for one key, even for several. */
  #numberOfKeys(keyArns: readonly string[]): number {
    if (keyArns.length === 1) return 2 * this.#keys.of(keyArns[0]) + 1;
    return keyArns.length === 0 ? 0 : 2 * this.#keyLists.of(JSON.stringify(keyArns)) + 2;
  }

  /** Above 0 where a level tells errors from what succeeded. */
  #numberOfError(error: string): number {
    const code = this.#byError ? this.#errors.of(countedError(error)) + 1 : 0;
    return this.#byError || this.#byOutcome ? OUTCOMES.length * code + OUTCOMES.indexOf(outcomeOf(error)) : 0;
  }

  #addRows(call: CallKind, kind: number): void {
    if (kind + 2 > this.starts.length) this.starts = grown(this.starts, 2 * this.starts.length);
    const start = this.starts[kind];
    let end = start;
    for (const [level, { fields, namesKey, namesError }] of this.#levels.entries()) {
      if (call.error === null && namesError) continue;
      for (const arn of namesKey ? call.keyArns : ONCE) {
        const row = this.#rowOf(level, fields, call, arn);
        if (this.rows.subarray(start, end).includes(row)) continue;
        if (end === this.rows.length) this.rows = grown(this.rows, 2 * end);
        this.rows[end++] = row;
      }
    }
    this.starts[kind + 1] = end;
  }

  #rowOf(level: number, fields: readonly LevelField[], call: CallKind, arn: string): number {
    const tuple = this.#row.fill(0);
    tuple[0] = level;
    for (const [i, field] of fields.entries()) tuple[i + 1] = this.#numberIn(call, field, arn);
    const before = this.#rows.size;
    const row = this.#rows.numberOf(tuple);
    // Rows of the builder come in the same order: they have the same numbers.
    if (row === before) this.#builder.addRow(keyOf(fields, call, arn));
    return row;
  }

  #numberIn(call: CallKind, field: LevelField, arn: string): number {
    if (field === 'operation') return this.#operations.of(call.operation);
    if (field === 'keyArn') return this.#keys.of(arn);
    if (field === 'caller') return this.#callers.of(call.caller);
    if (field === 'account') return this.#accounts.of(call.account);
    if (field === 'region') return this.#regions.of(call.region);
    if (field === 'outcome') return OUTCOMES.indexOf(outcomeOf(call.error));
    return this.#errors.of(countedError(call.error ?? ''));
  }
}

const ONCE = [''];

function grown(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}

function keyOf(fields: readonly LevelField[], call: CallKind, arn: string): SeriesKey {
  const named = fields.includes('error') ? errorNames(call.error) : null;
  return {
    operation: fields.includes('operation') ? call.operation : null,
    keyArn: fields.includes('keyArn') ? arn : null,
    account: fields.includes('account') ? call.account : null,
    region: fields.includes('region') ? call.region : null,
    caller: fields.includes('caller') ? call.caller : null,
    outcome: fields.includes('outcome') ? outcomeOf(call.error) : (named?.outcome ?? null),
    metric: named?.metric ?? null,
  };
}

const CALL_FIELDS = KEY_FIELDS.filter((field) => field !== 'metric');
const LEVEL_FIELDS: readonly LevelField[] = [...CALL_FIELDS, 'error'];

/** The levels of rows asked for, each a set of names of its own. */
export function checkLevels(by: unknown): CallField[][];
export function checkLevels(by: unknown, names: readonly LevelField[]): LevelField[][];
export function checkLevels(by: unknown, names: readonly LevelField[] = CALL_FIELDS): LevelField[][] {
  if (!Array.isArray(by) || by.length === 0) {
    throw new InputError(`by must be an array of at least one level, each an array of names, got ${shown(by)}`);
  }
  const known = new Set<string>();
  return by.map((level: unknown, i) => {
    if (!Array.isArray(level)) throw new InputError(`by[${i}] must be an array of names, got ${shown(level)}`);
    const fields = level.map((field: unknown, j) => checkField(field, names, `by[${i}][${j}]`));
    const id = [...fields].sort().join();
    if (new Set(fields).size < fields.length) throw new InputError(`by[${i}] must name each thing once, got ${id}`);
    if (known.has(id)) throw new InputError(`by[${i}] must be a level of its own, got ${id} a second time`);
    if (fields.includes('error') && fields.includes('outcome')) {
      throw new InputError(`by[${i}] must not name outcome beside error, which implies it, got ${id}`);
    }
    known.add(id);
    return fields;
  });
}

function checkField(field: unknown, names: readonly LevelField[], name: string): LevelField {
  const found = names.find((known) => known === field);
  if (found === undefined) throw new InputError(`${name} must be one of ${names.join(', ')}, got ${shown(field)}`);
  return found;
}
