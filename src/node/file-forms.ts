/** What files of other forms begin with. */
const MAGIC: readonly (readonly [form: string, bytes: string, at?: number])[] = [
  ['a zip archive', '504b0304'],
  ['a zip archive', '504b0506'],
  ['bzip2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['Zstandard', '28b52ffd'],
  ['a 7z archive', '377abcaf271c'],
  ['a tar archive', '7573746172', 257],
  ['Parquet, which is read where the name ends with .parquet', '50415231'],
  ['ORC', '4f5243'],
  ['Avro', '4f626a01'],
  ['Snappy', 'ff060000734e61507059'],
  ['LZ4', '04224d18'],
  ['SQLite', '53514c69746520666f726d6174'],
];

/** The form of a file by its first bytes: gzip and text are read, these are not; undefined for others. */
export function formOf(head: Buffer): string | undefined {
  return MAGIC.find(([, bytes, at = 0]) => head.toString('hex', at, at + bytes.length / 2) === bytes)?.[0];
}

/** The form of a text in which nothing looks like a record; undefined where its beginning does not tell. */
export function formOfText(head: Buffer): string | undefined {
  const text = head.toString('utf8').replace(/^\ufeff/, '');
  const [line, next = ''] = text.split(/\r?\n/, 2);
  if (/^\s*<(?:\?xml|!doctype|html|[a-z])/i.test(line)) return 'XML or HTML';
  for (const [name, separator] of [
    ['CSV', ','],
    ['tab-separated values', '\t'],
  ] as const) {
    const cells = line.split(separator);
    // Names of columns: none of them begins as JSON does. A sentence may have a comma too.
    const isTable = cells.length > 2 || (cells.length === 2 && next.split(separator).length === 2);
    if (isTable && cells.every((cell) => /^\s*"?[\w@.: /-]{1,64}"?\s*$/.test(cell))) return name;
  }
  return undefined;
}

/** So many of an object's names are said, each cut to so many characters. */
const NAMES = 4;
const NAME_LENGTH = 40;

/** A value that is no record, in a few words: `an object with \`_index\`, \`_source\``. */
export function formOfValue(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : `a ${typeof value}`;
  const names: string[] = [];
  let more = false;
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    more = names.length === NAMES;
    if (more) break;
    names.push(`\`${name.slice(0, NAME_LENGTH)}\``);
  }
  return names.length === 0 ? 'an empty object' : `an object with ${names.join(', ')}${more ? ', …' : ''}`;
}
