/** A date, and a time of day with or without seconds, a fraction of whole milliseconds and a zone. */
const ISO =
  /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3})0*)?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

/**
 * Epoch milliseconds of an ISO 8601 text as programs write it: the `T` may be a space, and seconds, their fraction, and all of
 * the time of day may be left out. Without a zone it is UTC. NaN for any other text, and for a day that its month does not
 * have, which `Date.parse` takes for one of the next month.
 */
export function isoTime(text: string): number {
  const found = text.length <= 64 ? ISO.exec(text) : null;
  if (found === null) return Number.NaN;
  const [, year, month, day, minute = '00:00', second = '00', fraction = '0', zone = 'Z'] = found;
  const date = `${year}-${month}-${day}`;
  const midnight = Date.parse(`${date}T00:00:00.000Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(`${date}T`)) return Number.NaN;
  return Date.parse(`${date}T${minute}:${second}.${fraction.padEnd(3, '0')}${zone}`);
}

/** A time as programs read it, in UTC. */
export function isoText(time: number): string {
  return new Date(time).toISOString();
}
