import { FormatError, InputError, shown } from '../errors.js';
import { ByteReader, type ByteWriter } from './bytes.js';
import { crc32c } from './codec-checksum.js';

/*
 * A snapshot is 24 bytes of header and a payload, all little-endian:
 *
 *    0  "KMSB"
 *    4  four letters: what it holds
 *    8  uint32: version of the payload's format
 *   12  uint64: length of the payload
 *   20  uint32: CRC-32C of bytes 0 to 19 and of the payload
 *   24  the payload
 *
 * The header is the same in all versions, so that a damaged snapshot and one of another version are told apart.
 */

const MAGIC = 'KMSB';
const HEADER = 24;

/** What snapshots hold, and the letters that say so. */
const KINDS = { SeriesSet: 'SETS', Baseline: 'BASE', Detector: 'DTCT', IncidentTracker: 'INCT' } as const;

export type SnapshotKind = keyof typeof KINDS;

/** A whole snapshot: header and payload. */
export function sealSnapshot(kind: SnapshotKind, version: number, payload: ByteWriter): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  for (const [i, letter] of [...(MAGIC + KINDS[kind])].entries()) bytes[i] = letter.charCodeAt(0);
  view.setUint32(8, version, true);
  view.setUint32(12, payload.length % 2 ** 32, true);
  view.setUint32(16, Math.floor(payload.length / 2 ** 32), true);
  payload.copyTo(bytes, HEADER);
  view.setUint32(20, checksumOf(bytes), true);
  return bytes;
}

function checksumOf(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(HEADER), crc32c(bytes.subarray(0, 20)));
}

/**
 * A reader of the payload, once the bytes are known to be whole.
 * @param kind what the caller expects
 * @param version the one version that the caller reads
 * @throws InputError when `bytes` is no `Uint8Array` (a Node `Buffer` is one)
 * @throws FormatError that says which: no snapshot, cut off, followed by more, damaged, of another kind or version
 */
export function openSnapshot(bytes: Uint8Array, kind: SnapshotKind, version: number): ByteReader {
  if (!isBytes(bytes)) throw new InputError(`bytes must be a Uint8Array, got ${shown(bytes)}`);
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length === 0 || text(0, 4) !== MAGIC.slice(0, bytes.length)) throw new FormatError(noSnapshot(bytes));
  if (bytes.length < HEADER) {
    throw new FormatError(`bytes are cut off: the header of a snapshot is ${HEADER} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = Object.entries(KINDS).find(([, letters]) => letters === text(4, 8))?.[0];
  const foundVersion = view.getUint32(8, true);
  // A damaged length looks like a cut, or like more: the message gives both numbers.
  const length = HEADER + view.getUint32(12, true) + view.getUint32(16, true) * 2 ** 32;
  if (bytes.length < length) {
    throw new FormatError(`bytes are cut off: the snapshot is ${length} bytes long, and ends at byte ${bytes.length}`);
  }
  if (bytes.length > length) {
    throw new FormatError(`bytes go on after the snapshot: it is ${length} bytes long, got ${bytes.length}`);
  }
  const wrongKind =
    found === kind ? undefined : `they hold ${found === undefined ? 'an unknown kind of snapshot' : `a ${found}`}`;
  const age = foundVersion > version ? 'newer' : 'older';
  const wrongVersion =
    foundVersion === version
      ? undefined
      : `they are of ${age} version ${foundVersion}, and this library reads version ${version} of a ${kind}`;
  if (checksumOf(bytes) !== view.getUint32(20, true)) {
    const says = wrongKind ?? wrongVersion;
    throw new FormatError(`bytes are damaged: the checksum does not match${says ? ` (the header says ${says})` : ''}`);
  }
  if (wrongKind !== undefined) throw new FormatError(`bytes must hold a ${kind}; ${wrongKind}`);
  if (wrongVersion !== undefined) throw new FormatError(`bytes are a snapshot of another version; ${wrongVersion}`);
  return new ByteReader(bytes, HEADER);
}

/** True for a `Uint8Array` of any realm: `instanceof` would refuse one from a frame or a `vm` context. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function noSnapshot(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'bytes are not a snapshot of kms-baseline: there are none';
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b ? ': gzip, to be unpacked first' : '';
  return `bytes are not a snapshot of kms-baseline: they begin with ${start}${packed}, not with "${MAGIC}"`;
}
