import { crc32c } from '../../src/series/codec-checksum.js';

/** Something that takes data from elsewhere. */
export interface Door {
  readonly name: string;
  /** Sound inputs, of which others are made. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** The bytes before the payload of a snapshot, whose checksum is made anew; undefined for others. */
  readonly header?: 20 | 24;
  open(input: string | Uint8Array): unknown;
}

export type Draw = () => number;

/** One sound input with a few changes: bytes set, taken out, doubled, put in from another; texts with letters that matter. */
export function mutated(door: Door, draw: Draw): string | Uint8Array {
  const pick = <T>(list: ArrayLike<T>): T => list[Math.floor(draw() * list.length)];
  const seed = pick(door.seeds);
  let bytes = typeof seed === 'string' ? Buffer.from(seed) : Buffer.from(seed);
  const from = door.header ?? 0;
  for (let left = 1 + Math.floor(draw() * 4); left > 0; left--) {
    const at = from + Math.floor(draw() * Math.max(1, bytes.length - from));
    const size = Math.floor(draw() ** 3 * 64);
    const kind = Math.floor(draw() * 6);
    const put = (middle: Uint8Array | string, skip: number): void => {
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(middle as string), bytes.subarray(at + skip)]);
    };
    if (kind === 0) bytes[at] = Math.floor(draw() * 256);
    else if (kind === 1) bytes[at] ^= 1 << Math.floor(draw() * 8);
    else if (kind === 2) put('', size);
    else if (kind === 3) put(bytes.subarray(at, at + size), 0);
    else if (kind === 4) put(pick(PIECES), draw() < 0.5 ? size : 0);
    else {
      const other = Buffer.from(pick(door.seeds) as string);
      const start = Math.floor(draw() * other.length);
      put(other.subarray(start, start + size), size);
    }
  }
  if (door.header !== undefined) return resealed(bytes, door.header);
  return typeof seed === 'string' ? bytes.toString('utf8') : bytes;
}

/** Pieces that mean something to one door or another. */
const PIECES = [
  ...[
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '\n',
    '\r\n',
    '\0',
    '{}',
    '[]',
    'null',
    '-1',
    '1e999',
    '9007199254740993',
  ],
  ...['__proto__', 'constructor', 'toString', '{"__proto__":{"x":1}}', '\ud800', '\u{1f511}', '2026-02-30T00:00:00Z'],
  ...['1970-01-01T00:00:00Z', '275760-09-13T00:00:00Z', '""', '"="', ',,,,', 'Infinity', 'NaN', '0x10', "'=", '+00:00'],
];

/** Length and checksum of a snapshot as its contents now want them. */
export function resealed(bytes: Buffer, header: 20 | 24): Uint8Array {
  if (bytes.length < header) return bytes;
  const [length, checksum] = header === 24 ? [12, 20] : [12, 16];
  bytes.writeUInt32LE(bytes.length - header, length);
  if (header === 24) bytes.writeUInt32LE(0, 16);
  bytes.writeUInt32LE(crc32c(bytes.subarray(header), crc32c(bytes.subarray(0, checksum))), checksum);
  return bytes;
}
