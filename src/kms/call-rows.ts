import { InputError, shown } from '../errors.js';
import type { SeriesSetBuilder } from '../series/builder.js';
import { KEY_FIELDS, type SeriesKey, seriesKey } from '../series/key.js';
import type { CallKind } from './call-batch.js';
import { countedError, errorNames, outcomeOf } from './errors.js';

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

/** Rows of one level by the values of its fields, one step a field: joining them would need an escape, and a string. */
interface RowTree {
  row: number;
  readonly next: Map<string, RowTree>;
}

interface Level {
  readonly fields: readonly LevelField[];
  readonly root: RowTree;
}

/** Finds the rows of a {@link SeriesSetBuilder} in which a call counts, and adds those that are new. */
export class CallRows {
  readonly #builder: SeriesSetBuilder;
  readonly #levels: readonly Level[];
  readonly #rows: number[] = [];

  constructor(by: unknown, builder: SeriesSetBuilder) {
    this.#builder = builder;
    this.#levels = checkLevels(by, LEVEL_FIELDS).map((fields) => ({ fields, root: newTree() }));
  }

  /**
   * The rows of a call, each once: one a level, but where the level names the key, one for each key of the call. The array
   * is the same at every call of this function.
   */
  of(call: CallKind): readonly number[] {
    this.#rows.length = 0;
    for (const { fields, root } of this.#levels) {
      if (call.error === null && fields.includes('error')) continue;
      if (!fields.includes('keyArn')) {
        this.#rows.push(this.#row(fields, root, call, ''));
        continue;
      }
      for (const arn of call.keyArns) {
        const row = this.#row(fields, root, call, arn);
        if (!this.#rows.includes(row)) this.#rows.push(row);
      }
    }
    return this.#rows;
  }

  #row(fields: readonly LevelField[], root: RowTree, call: CallKind, arn: string): number {
    let tree = root;
    for (const field of fields) {
      const value = valueIn(call, field, arn);
      let next = tree.next.get(value);
      if (next === undefined) {
        next = newTree();
        tree.next.set(value, next);
      }
      tree = next;
    }
    if (tree.row < 0) {
      const { error, ...names } = Object.fromEntries(fields.map((field) => [field, valueIn(call, field, arn)]));
      tree.row = this.#builder.row(seriesKey({ ...names, ...(error === undefined ? null : errorNames(call.error)) }));
    }
    return tree.row;
  }
}

function valueIn(call: CallKind, field: LevelField, arn: string): string {
  if (field === 'keyArn') return arn;
  if (field === 'outcome') return outcomeOf(call.error);
  return field === 'error' ? countedError(call.error ?? '') : call[field];
}

function newTree(): RowTree {
  return { row: -1, next: new Map() };
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
