import { InputError, shown } from '../errors.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { readColumn, writeColumn } from './codec-column.js';
import { KEY_FIELDS, keyId, type SeriesKey, seriesKey } from './key.js';

/**
 * Keys in order: each text that occurs in them once, then a column of references for each field (0 for `null`). A text
 * is written as what it shares with the one before and the rest: ARNs of an account share their first 43 letters.
 * @throws InputError when two keys are equal or a name is neither a string nor null
 */
export function writeKeys(writer: ByteWriter, keys: readonly SeriesKey[]): void {
  checkDistinct(keys);
  const texts = new Map<string, number>();
  // Field by field, so that ARNs follow ARNs in the table.
  const columns = KEY_FIELDS.map((field) =>
    Uint32Array.from(keys, (key, row) => {
      const text = key[field];
      if (text === null) return 0;
      if (typeof text !== 'string') {
        throw new InputError(`keys[${row}].${field} must be a string or null, got ${shown(text)}`);
      }
      const known = texts.get(text) ?? texts.size + 1;
      texts.set(text, known);
      return known;
    }),
  );
  writer.varint(texts.size);
  let before = '';
  for (const text of texts.keys()) {
    const shared = sharedStart(before, text);
    writer.varint(shared);
    writer.string(text.slice(shared));
    before = text;
  }
  for (const column of columns) writeColumn(writer, column);
}

function checkDistinct(keys: readonly SeriesKey[]): void {
  const ids = new Set<string>();
  for (const [row, key] of keys.entries()) {
    const id = keyId(key);
    if (ids.has(id)) throw new InputError(`keys[${row}] must be new, got ${id} a second time`);
    ids.add(id);
  }
}

/**
 * A text shares at most this many letters with the one before: a few bytes cannot ask for gigabytes of repetition.
 * An ARN has at most 2,048.
 */
const MOST_SHARED = 4096;

/** UTF-16 units with which both begin. */
function sharedStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length, MOST_SHARED);
  let shared = 0;
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return shared;
}

/** Reads what {@link writeKeys} wrote; throws a `FormatError` for keys that it would not have written. */
export function readKeys(reader: ByteReader): SeriesKey[] {
  const texts = readTexts(reader);
  let rows: number | undefined;
  const columns = KEY_FIELDS.map((field) => {
    const column = readColumn(reader, Uint32Array, `the column ${field}`, rows);
    rows = column.length;
    return column;
  });
  const ids = new Set<string>();
  const keys: SeriesKey[] = [];
  for (let row = 0; row < (rows ?? 0); row++) {
    const names: Partial<Record<keyof SeriesKey, string | null>> = {};
    for (const [i, field] of KEY_FIELDS.entries()) {
      const text = texts[columns[i][row]];
      if (text === undefined) reader.fail(`${field} that is text ${columns[i][row]} of ${texts.length - 1}`);
      names[field] = text;
    }
    // The letters of an outcome are kept as they were written, whatever they are.
    const key = seriesKey(names as Partial<SeriesKey>);
    const id = keyId(key);
    if (ids.has(id)) reader.fail(`the key ${id} twice`);
    ids.add(id);
    keys.push(key);
  }
  return keys;
}

/** The texts from place 1 on; `null` stands at place 0. */
function readTexts(reader: ByteReader): (string | null)[] {
  const size = reader.varint();
  // A text takes two bytes at least: what it shares and how long the rest is.
  if (size * 2 > reader.remaining) reader.fail(`${size} texts, more than the ${reader.remaining} bytes left can hold`);
  const texts: (string | null)[] = [null];
  let before = '';
  for (let i = 0; i < size; i++) {
    const shared = reader.varint();
    const most = Math.min(before.length, MOST_SHARED);
    if (shared > most) reader.fail(`a text that shares ${shared} letters with the one before, at most ${most}`);
    before = before.slice(0, shared) + reader.string();
    texts.push(before);
  }
  return texts;
}
