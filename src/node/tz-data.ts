/** The release of the tz database that this Node reads time zones by, such as `2025c`; `undefined` where it does not say. */
export function tzData(): string | undefined {
  return process.versions['tz'];
}
