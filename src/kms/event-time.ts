/** November 2013, when CloudTrail began to record: an earlier `eventTime` is a mistake. */
export const EARLIEST = Date.UTC(2013, 10, 1);
/** Half-open end of the times that are believed. */
export const LATEST = Date.UTC(2100, 0, 1);

/** With nine digits of a second and `+00:00`. */
const MAX_LENGTH = 35;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a time lies where CloudTrail can have recorded it: [2013-11-01, 2100-01-01). */
export function isCloudTrailTime(time: number): boolean {
  return time >= EARLIEST && time < LATEST;
}

/**
 * Epoch milliseconds of an `eventTime`; NaN when the text is no time, or one that no calendar has (30 February, hour 25).
 *
 * Read are `2020-07-27T22:58:24Z`, with `z`, `+00:00` or `+0000` and with a fraction of up to 9 digits (cut to
 * milliseconds), and the form without a zone that log exports write, `2021-10-19 00:56:05.000`. CloudTrail's `eventTime` is UTC by definition
 * (CloudTrail User Guide, record contents), so reading the latter as UTC is no guess. `Date.parse` would read it in the
 * machine's zone, and takes 30 February for 2 March.
 */
export function parseEventTime(text: string): number {
  const { length } = text;
  if (length < 19 || length > MAX_LENGTH) return NaN;
  const separator = text.charCodeAt(10);
  // '-' 45, ':' 58, 'T' 84, ' ' 32
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || (separator !== 84 && separator !== 32)) return NaN;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return NaN;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  // Written so that NaN, from a character that is no digit, fails every comparison.
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN;

  const end = length - zoneLength(text);
  let millis = 0;
  if (end > 19) {
    if (text.charCodeAt(19) !== 46 || end < 21 || end > 29) return NaN; // '.', then 1 to 9 digits
    if (Number.isNaN(digits(text, 20, end))) return NaN;
    millis = digits(text, 20, Math.min(end, 23)) * (end === 21 ? 100 : end === 22 ? 10 : 1);
  }
  return Date.UTC(year, month - 1, day, hour, minute, second, millis);
}

/** How many characters at the end say that the time is UTC. */
function zoneLength(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  if (last === 90 || last === 122) return 1; // 'Z', 'z'
  if (text.endsWith('+00:00')) return 6;
  return text.endsWith('+0000') ? 5 : 0;
}

/** The number written at `[from, to)`; NaN unless all of it is ASCII digits. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : DAYS[month - 1];
}
