import { checkInteger, checkNumber, checkTime, InputError, shown } from '../errors.js';
import { checkZone } from '../time/zone.js';
import type { CallSubject, CronSource, Source } from './source.js';

/** Far above what any one principal can do (100,000 a second), and small enough to count exactly. */
const MAX_RATE = 1e9;
const MAX_MINUTES = 1440;

/** Throws {@link InputError} when a subject cannot stand in a CloudTrail record; `name` begins the message. */
export function checkSubject(subject: CallSubject, name: string): void {
  const text = (value: unknown, field: string, pattern: RegExp, need: string) => {
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw new InputError(`${name}.${field} must be ${need}, got ${shown(value)}`);
    }
  };
  text(subject.operation, 'operation', /^[A-Za-z]+$/, "an operation's name such as 'Decrypt'");
  text(subject.account, 'account', /^\d{12}$/, '12 digits');
  text(subject.region, 'region', /^[a-z0-9-]+$/, "a Region such as 'eu-central-1'");
  text(
    subject.caller,
    'caller',
    /^(arn:aws[a-z-]*:iam::\d{12}:(user|role)\/\S+|\d{12}|[a-z0-9.-]+\.amazonaws\.com)$/,
    "an IAM user's or role's ARN, a service such as 's3.amazonaws.com' or 12 digits",
  );
  if (!Array.isArray(subject.keyArns) || subject.keyArns.length > 2) {
    throw new InputError(`${name}.keyArns must be an array of at most two key ARNs, got ${shown(subject.keyArns)}`);
  }
  for (const arn of subject.keyArns)
    text(arn, 'keyArns', /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/\S+$/, 'key ARNs');
}

/** Throws {@link InputError} unless the source is one that can be simulated. */
export function checkSource(source: Source, name: string): void {
  if (typeof source !== 'object' || source === null) {
    throw new InputError(`${name} must be an object, got ${shown(source)}`);
  }
  if (typeof source.name !== 'string' || source.name === '') {
    throw new InputError(`${name}.name must be a text that is not empty, got ${shown(source.name)}`);
  }
  checkSubject(source, name);
  checkNumber(source.errorRate ?? 0, `${name}.errorRate`, 0, 1);
  if (source.since !== undefined) checkTime(source.since, `${name}.since`);
  if (source.until !== undefined) checkTime(source.until, `${name}.until`);
  if (source.kind === 'cron') {
    checkCron(source, name);
    return;
  }
  checkNumber(source.dispersion ?? 0, `${name}.dispersion`, 0, 100);
  checkNumber(source.wander ?? 0, `${name}.wander`, 0, 3);
  checkNumber(source.growthPerWeek ?? 0, `${name}.growthPerWeek`, -0.9, 10);
  if ('timeZone' in source) checkZone(source.timeZone, `${name}.timeZone`);
  if ('perHour' in source) checkNumber(source.perHour, `${name}.perHour`, 0, MAX_RATE);
  switch (source.kind) {
    case 'human':
      checkNumber(source.weekend ?? 0, `${name}.weekend`, 0, 10);
      return;
    case 'bursty':
      checkNumber(source.burstsPerWeek, `${name}.burstsPerWeek`, 0, MAX_RATE);
      checkNumber(source.burstCalls, `${name}.burstCalls`, 0, MAX_RATE);
      checkInteger(source.minutes ?? 1, `${name}.minutes`, 1, MAX_MINUTES);
      return;
    case 'sparse':
    case 'control-plane':
      checkNumber(source.perWeek, `${name}.perWeek`, 0, MAX_RATE);
      return;
    case 'flat':
      return;
    default:
      throw new InputError(`${name}.kind must be a kind of source, got ${shown((source as Source).kind)}`);
  }
}

function checkCron(source: CronSource, name: string): void {
  checkNumber(source.batch, `${name}.batch`, 0, MAX_RATE);
  checkNumber(source.noise ?? 0, `${name}.noise`, 0, 10);
  checkInteger(source.jitter ?? 0, `${name}.jitter`, 0, MAX_MINUTES);
  checkInteger(source.minutes ?? 1, `${name}.minutes`, 1, MAX_MINUTES);
  const { schedule } = source;
  if (typeof schedule !== 'object' || schedule === null || !('every' in schedule || Array.isArray(schedule.at))) {
    throw new InputError(`${name}.schedule must have every or a list at, got ${shown(schedule)}`);
  }
  if ('every' in schedule) {
    checkInteger(schedule.every, `${name}.schedule.every`, 1, 366 * 1440);
    checkInteger(schedule.phase ?? 0, `${name}.schedule.phase`, 0, 366 * 1440);
    return;
  }
  checkZone(schedule.timeZone ?? 'UTC', `${name}.schedule.timeZone`);
  for (const day of schedule.days ?? []) checkInteger(day, `${name}.schedule.days`, 1, 7);
  for (const at of schedule.at) minuteOfDay(at, `${name}.schedule.at`);
}

/** The minute of '02:30'; throws {@link InputError} when it is not such a time. */
export function minuteOfDay(time: unknown, name: string): number {
  const parts = typeof time === 'string' ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) : null;
  if (parts === null) throw new InputError(`${name} must be times of day such as '02:30', got ${shown(time)}`);
  return Number(parts[1]) * 60 + Number(parts[2]);
}
