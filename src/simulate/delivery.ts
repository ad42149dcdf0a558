import { checkInteger, checkNumber, checkOptions, type OptionNames } from '../errors.js';
import { Random } from './random.js';
import type { CloudTrailRecord } from './record.js';

/** One file as CloudTrail would put it into a bucket, before compression. */
export interface DeliveredFile {
  /** `AWSLogs/…/….json.gz` */
  readonly path: string;
  /** `{"Records":[…]}`, one line. */
  readonly text: string;
}

export interface DeliveryOptions {
  readonly seed: number;
  /** Share of records that are written twice, as when two trails share a bucket; default 0. */
  readonly duplicated?: number;
  /** Share of records that come a day late; default 0. The last day's file has all that is left of its own. */
  readonly late?: number;
}

/**
 * Records, in order of time, as the files of CloudTrail's delivery to S3: a folder for each account, Region and UTC day.
 * Simplified to one file a folder, named for the last minute of its day. Inside a file the records stand by caller and
 * operation rather than by time: CloudTrail promises no order, and likes next to likes compress to two thirds.
 * @throws InputError when an option cannot be
 */
export function* deliveredFiles(
  records: Iterable<CloudTrailRecord>,
  options: DeliveryOptions,
): Generator<DeliveredFile> {
  checkOptions(options, DELIVERY_OPTIONS);
  const random = new Random(
    'delivery',
    checkInteger(options.seed, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  );
  const duplicated = checkNumber(options.duplicated ?? 0, 'duplicated', 0, 1);
  const late = checkNumber(options.late ?? 0, 'late', 0, 1);
  let day = '';
  let waiting: CloudTrailRecord[] = [];
  let held: CloudTrailRecord[] = [];
  for (const record of records) {
    const today = record.eventTime.slice(0, 10);
    if (today !== day) {
      yield* filesOf(day, waiting, random);
      day = today;
      waiting = held;
      held = [];
    }
    const copies = random.uniform() < duplicated ? 2 : 1;
    for (let i = 0; i < copies; i++) (random.uniform() < late ? held : waiting).push(record);
  }
  yield* filesOf(day, [...waiting, ...held], random);
}

const DELIVERY_OPTIONS: OptionNames<DeliveryOptions> = { seed: true, duplicated: true, late: true };

function* filesOf(day: string, records: readonly CloudTrailRecord[], random: Random): Generator<DeliveredFile> {
  const places = new Map<string, CloudTrailRecord[]>();
  for (const record of records) {
    const place = `${record.recipientAccountId}/CloudTrail/${record.awsRegion}`;
    const there = places.get(place);
    if (there === undefined) places.set(place, [record]);
    else there.push(record);
  }
  for (const place of [...places.keys()].sort()) {
    const [account, , region] = place.split('/');
    const stamp = `${day.replaceAll('-', '')}T2359Z`;
    const name = `${account}_CloudTrail_${region}_${stamp}_${random.base32(16)}.json.gz`;
    const sorted = [...(places.get(place) ?? [])].sort(byLikeness);
    yield { path: `AWSLogs/${place}/${day.replaceAll('-', '/')}/${name}`, text: JSON.stringify({ Records: sorted }) };
  }
}

/** By what makes records alike: plain comparison, as a locale's order may differ between platforms. */
function byLikeness(a: CloudTrailRecord, b: CloudTrailRecord): number {
  const x = likeness(a);
  const y = likeness(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function likeness(record: CloudTrailRecord): string {
  const { eventSource, eventName, userIdentity, eventTime } = record;
  const caller = userIdentity.arn ?? userIdentity.invokedBy ?? userIdentity.accountId ?? '';
  return [eventSource, eventName, caller, record.resources?.[0]?.ARN ?? '', record.errorCode ?? '', eventTime].join(
    ' ',
  );
}
