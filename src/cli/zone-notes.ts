import type { Baseline } from '../engine/baseline.js';
import { tzData } from '../node/tz-data.js';
import { civilTime, offsetName } from '../report/civil-time.js';
import type { Judgement } from '../report/judge.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { WEEK } from '../time/grid.js';
import { zoneOffsets } from '../time/zone.js';

/** So many zones are named. */
const MOST = 4;

/**
 * What a reader has to know of time zones: those that were found, changes of the clocks in or near the judged time, and where
 * the tz data of this machine is not that which the baseline was fitted with.
 * @param given the zone that was asked for
 */
export function zoneNotes(
  baseline: Baseline,
  { window, timeZone }: Pick<Judgement, 'window' | 'timeZone'>,
  given: string | undefined,
): string[] {
  const notes: string[] = [];
  const zones = baseline.timeZones;
  const data = tzData();
  const release = data === undefined ? "this machine's tz data" : `tz database ${data}`;
  if (given === undefined && zones.some((zone) => zone.timeZone !== 'UTC')) {
    const named = zones.slice(0, MOST).map((zone) => `${zone.timeZone} (${counted(zone.series, 'series', 'series')})`);
    const more = zones.length > MOST ? ` and ${zones.length - MOST} others` : '';
    notes.push(
      `No time zone was given. Each series is judged in the one that fits its history best: ${named.join(', ')}${more}. Times are in ${timeZone}`,
    );
  }
  const changes = zones.flatMap((zone) => changesIn(zone.timeZone, window.from - WEEK, window.to));
  for (const { zone, at, by } of changes.slice(0, MOST)) {
    notes.push(
      `Daylight saving changes in ${zone} at ${civilTime(at, zone)} (${by < 0 ? 'back' : 'forward'} by ${duration(Math.abs(by))}) by ${release}, which does not know of later decisions. Until a series shows whether it follows, both count as normal for it`,
    );
  }
  if (changes.length > MOST) {
    notes.push(
      `Daylight saving changes ${changes.length - MOST} more times in or near the judged time, and the same holds for each`,
    );
  }
  for (const { timeZone: zone, series, conflict } of zones) {
    if (conflict === null) continue;
    notes.push(
      `${counted(series, 'series', 'series')} of ${printable(zone)}: judged with UTC${offsetName(conflict.fitted)} from ${civilTime(conflict.from, 'UTC')} UTC on, where ${release} has UTC${offsetName(conflict.today)}; their history shows that, or the baseline was fitted with other tz data. Either counts as normal until a series shows which it follows`,
    );
  }
  return notes;
}

/** The changes of a zone's offset in `[from, to)`, by `by` ms each. */
function changesIn(zone: string, from: number, to: number): { zone: string; at: number; by: number }[] {
  const { times, offsets } = zoneOffsets(zone, from, to);
  return [...times.keys()].flatMap((i) =>
    i > 0 && times[i] >= from && times[i] < to ? [{ zone, at: times[i], by: offsets[i] - offsets[i - 1] }] : [],
  );
}
