import type { ByteReader, ByteWriter } from '../series/bytes.js';
import type { CivilDays, Recurrence } from '../time/civil-days.js';
import { recurrence } from '../time/recurring.js';
import { checkZone } from '../time/zone.js';

/** Writes a calendar: the same bytes for equal ones, one byte where there is none. */
export function writeDays(writer: ByteWriter, days: CivilDays | undefined): void {
  writer.uint8(days === undefined ? 0 : 1);
  if (days === undefined) return;
  for (const map of [days.dates, days.months]) {
    writer.varint(map.size);
    for (const [day, weekday] of [...map].sort(([a], [b]) => a - b)) {
      writer.signed(day);
      writer.uint8(weekday);
    }
  }
  writer.varint(days.windows.length);
  for (const { from, to, weeks, months, until, timeZone } of days.windows) {
    writer.signed(from);
    writer.varint(to - from);
    writer.varint(weeks);
    writer.varint(months);
    writer.float64(until);
    writer.string(timeZone ?? '');
  }
}

/** Reads what {@link writeDays} wrote. */
export function readDays(reader: ByteReader): CivilDays | undefined {
  if (reader.uint8() === 0) return undefined;
  const [dates, months] = [readMap(reader), readMap(reader)];
  const windows: Recurrence[] = [];
  for (let left = reader.varint(); left > 0; left--) windows.push(readWindow(reader));
  return { dates, months, windows };
}

function readMap(reader: ByteReader): Map<number, number> {
  const map = new Map<number, number>();
  for (let left = reader.varint(); left > 0; left--) {
    const day = reader.signed();
    const weekday = reader.uint8();
    if (weekday > 6) reader.fail(`a weekday ${weekday}`);
    map.set(day, weekday);
  }
  return map;
}

function readWindow(reader: ByteReader): Recurrence {
  const from = reader.signed();
  const to = from + reader.varint();
  const weeks = reader.varint();
  const months = reader.varint();
  if (weeks > 0 === months > 0) reader.fail('a window that never comes back');
  const until = reader.float64();
  const name = reader.string();
  if (name === '') return recurrence(from, to, weeks, months, until, undefined);
  try {
    return recurrence(from, to, weeks, months, until, checkZone(name));
  } catch {
    return reader.fail(`the time zone ${JSON.stringify(name)}, which this platform does not know`);
  }
}
