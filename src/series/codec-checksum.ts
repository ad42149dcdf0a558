/** CRC-32C (Castagnoli), reflected: the polynomial of iSCSI (RFC 3720) and ext4. It tells every change of up to 32 adjacent bits. */
const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table k moves a byte past k further bytes, so that eight bytes go at once. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) tables[i] = (tables[i - 256] >>> 8) ^ tables[tables[i - 256] & 0xff];
  return tables;
}

/**
 * CRC-32C of `bytes`, as an unsigned 32-bit number. To go on after an earlier part, hand its CRC in as `before`.
 * "Slicing by 8" (Kounavis and Berry, 2005).
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const tables = TABLES;
  const whole = bytes.length - (bytes.length % 8);
  let crc = ~before;
  let i = 0;
  for (; i < whole; i += 8) {
    const low = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    crc =
      tables[1792 | (low & 0xff)] ^
      tables[1536 | ((low >>> 8) & 0xff)] ^
      tables[1280 | ((low >>> 16) & 0xff)] ^
      tables[1024 | (low >>> 24)] ^
      tables[768 | bytes[i + 4]] ^
      tables[512 | bytes[i + 5]] ^
      tables[256 | bytes[i + 6]] ^
      tables[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}
