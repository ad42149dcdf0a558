import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FileProblem, fileBytes, streamBytes } from '../../src/node/file-bytes.js';
import { kmsRecords, logText, tempFolder } from '../support/logs.js';
import { seeded } from '../support/random.js';

const random = seeded(5);
/** Records that do not compress away, so that there is much before any damage. */
const text = logText(kmsRecords(60).map((record) => ({ ...record, requestID: `${random()}${random()}` })));
const packed = gzipSync(text);
const letters = Buffer.from(text).toString('latin1');

/** What zlib gives of damaged bytes when it is handed one at a time, a letter for each byte. */
async function byByte(bytes: Uint8Array): Promise<string> {
  const inflate = createGunzip();
  let given = '';
  inflate.on('data', (chunk: Buffer) => {
    given += chunk.toString('latin1');
  });
  const ended = Promise.race([once(inflate, 'end'), once(inflate, 'error')]).catch(() => undefined);
  for (const byte of bytes) inflate.write(Uint8Array.of(byte));
  inflate.end();
  await ended;
  return given;
}

async function read(bytes: AsyncIterable<Buffer>): Promise<{ given: string; reason: string | undefined }> {
  const parts: Buffer[] = [];
  try {
    for await (const part of bytes) parts.push(Buffer.from(part));
    return { given: Buffer.concat(parts).toString('latin1'), reason: undefined };
  } catch (error) {
    return { given: Buffer.concat(parts).toString('latin1'), reason: (error as FileProblem).reason };
  }
}

describe('a gzipped log that is damaged', () => {
  it.each([0.3, 0.5, 0.7, 0.95])('gives all of its text before the damage, once (%f of it)', async (share) => {
    const bytes = Buffer.from(packed);
    const at = Math.floor(bytes.length * share);
    for (let i = at; i < at + 8; i++) bytes[i] ^= 0xff;
    const file = join(tempFolder(), 'a.json.gz');
    writeFileSync(file, bytes);
    const { given, reason } = await read(fileBytes(file, () => {}));
    expect(reason).toBe('corrupt-gzip');
    // To within the 16 bytes in which it is read again. What comes out of the damage itself may be anything.
    const sound = await byByte(packed.subarray(0, at - 16));
    expect(sound.length).toBeGreaterThan(2000);
    expect(given.startsWith(sound)).toBe(true);
    expect((await byByte(bytes)).startsWith(given)).toBe(true);
  });

  it('is whole where nothing is wrong: of one member, of several, and twice packed', async () => {
    const file = join(tempFolder(), 'a.json.gz');
    const half = Math.floor(text.length / 2);
    for (const sound of [
      packed,
      Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]),
      gzipSync(packed),
    ]) {
      writeFileSync(file, sound);
      expect(await read(fileBytes(file, () => {}))).toEqual({ given: letters, reason: undefined });
      async function* cut() {
        for (let i = 0; i < sound.length; i += 1000) yield Buffer.from(sound.subarray(i, i + 1000));
      }
      expect(await read(streamBytes(cut()))).toEqual({ given: letters, reason: undefined });
    }
  });

  it('that is cut off gives what is there, and says so', async () => {
    const file = join(tempFolder(), 'a.json.gz');
    writeFileSync(file, packed.subarray(0, packed.length - 20));
    const { given, reason } = await read(fileBytes(file, () => {}));
    expect(reason).toBe('truncated');
    expect(letters.startsWith(given)).toBe(true);
    expect(given.length).toBeGreaterThan(text.length * 0.9);
  });
});
