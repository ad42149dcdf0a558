import { FormatError, InputError, shown } from '../errors.js';
import { ByteReader, type ByteWriter } from '../series/bytes.js';
import { crc32c } from '../series/codec-checksum.js';

/*
 * 20 bytes of header, then the payload, all little-endian: "KMSB", four letters for what it is, uint32 version, uint32
 * length, uint32 CRC-32C of the 16 bytes before it and of the payload. A state file that a crash tore, or that another
 * version wrote, is told from a whole one.
 */
const MAGIC = 'KMSB';
const HEADER = 20;

/** A payload with its header. @param letters four of them, for what it is */
export function seal(letters: string, version: number, payload: ByteWriter): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  for (const [i, letter] of [...(MAGIC + letters)].entries()) bytes[i] = letter.charCodeAt(0);
  view.setUint32(8, version, true);
  view.setUint32(12, payload.length, true);
  bytes.set(payload.toBytes(), HEADER);
  view.setUint32(16, checksum(bytes), true);
  return bytes;
}

/**
 * A reader of a sealed payload.
 * @param what it is, in words, for messages
 * @throws FormatError when the bytes are no such thing, damaged, or of another version
 */
export function open(bytes: Uint8Array, letters: string, version: number, what: string): ByteReader {
  if (!ArrayBuffer.isView(bytes)) throw new InputError(`bytes must be a Uint8Array, got ${shown(bytes)}`);
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  if (head !== MAGIC + letters) throw new FormatError(`bytes are not those of ${what}: they begin with ${shown(head)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER || bytes.length !== HEADER + view.getUint32(12, true)) {
    throw new FormatError(`bytes of ${what} are cut off or go on after it: ${bytes.length} of them`);
  }
  if (checksum(bytes) !== view.getUint32(16, true)) {
    throw new FormatError(`bytes of ${what} are damaged: the checksum does not match`);
  }
  const found = view.getUint32(8, true);
  if (found !== version) {
    throw new FormatError(`bytes of ${what} are of version ${found}, and this library reads version ${version}`);
  }
  return new ByteReader(bytes, HEADER);
}

function checksum(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(HEADER), crc32c(bytes.subarray(0, 16)));
}
