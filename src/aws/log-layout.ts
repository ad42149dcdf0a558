/** A folder of log files: what one account and Region delivers, or the digests of that. */
export interface LogFolder {
  readonly kind: 'CloudTrail' | 'CloudTrail-Digest';
  readonly account: string;
  readonly region: string;
  /** The key that all of its objects begin with; ends with a slash. */
  readonly prefix: string;
}

/** Where log files lie in a bucket (CloudTrail User Guide, get-and-view-cloudtrail-log-files). */
export function logRoot(prefix: string | undefined, organization: string | undefined): string {
  const before = prefix === undefined || prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
  return `${before}AWSLogs/${organization === undefined ? '' : `${organization}/`}`;
}

export function logFolder(root: string, account: string, region: string, kind: LogFolder['kind']): LogFolder {
  return { kind, account, region, prefix: `${root}${account}/${kind}/${region}/` };
}

/** The part of a key that tells the UTC day of publication, of the day that holds `time`: `2026/01/19/`. */
export function dayPath(time: number): string {
  return `${new Date(time).toISOString().slice(0, 10).replaceAll('-', '/')}/`;
}

const STAMP = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?Z(?:_|\.|$)/;

/**
 * When a log or digest file was published, epoch ms, to the minute or second, by the time in its name; NaN where it has
 * none. It is later than the events in it, by minutes as a rule, by up to 30 days where the bucket could not be reached.
 */
export function publishedAt(name: string): number {
  const [, year, month, day, hour, minute, second = '00'] = STAMP.exec(name) ?? [];
  return year === undefined ? NaN : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
