import { checkOptions, checkRange, InputError, type OptionNames, shown } from '../errors.js';
import { type Calendar, checkCalendar } from '../time/calendar.js';
import { DAY, HOUR, MAX_STEP, MINUTE, SECOND, WEEK } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import type { Notifier } from './notice.js';
import { checkResources, type Resources } from './resources.js';
import type { CallSource } from './source.js';

/** False alarms a week, each 1 by default: the kinds of news are told apart, and none spends what another has left. */
export interface PlanBudget {
  /** Of calls outside of what is normal, over all that is counted. */
  readonly perWeek: number;
  /** Of critical operations, as routine as they may be; `Infinity` where each is reported, from the first call on. */
  readonly changes: number;
  /** Of callers that never used a key before. */
  readonly firstSeen: number;
  /** Of callers that never called an operation before. */
  readonly firstPair: number;
}

/** A monitoring plan as its author writes it: the answers to the six questions that AWS's guidance asks. */
export interface PlanInput {
  /** A short name, part of every id; made from the purpose when left out. */
  readonly name?: string;
  /** What for. */
  readonly purpose: string;
  /** Which resources: all keys and operations of the sources, or some. */
  readonly resources?: Resources;
  /** How often, ms; 5 minutes by default. */
  readonly every?: number;
  /** With which tools: where calls come from. */
  readonly sources: readonly CallSource[];
  /** Who does it. */
  readonly owner: string;
  /** Who is told. */
  readonly notify: readonly Notifier[];
  /** False alarms a week to put up with. */
  readonly alertBudget?: Partial<Omit<PlanBudget, 'changes'>> & { readonly changes?: number | 'all' };
  /** Times that neither teach nor are judged: maintenance, load tests. */
  readonly exclude?: readonly { readonly from: number | Date; readonly to: number | Date }[];
  /** Width of the buckets, ms; 5 minutes by default. */
  readonly step?: number;
  /** How long after a bucket's end its late records are waited for, ms; 15 minutes by default. */
  readonly grace?: number;
  /** How much history the first poll reads, ms; 14 days by default. */
  readonly learnFor?: number;
  /**
   * How much of that history, its end, is judged and reported rather than learned from in silence, ms: what happened just
   * before the first poll is not missed. By default its last day, at most a seventh of it; at most half of it.
   */
  readonly judgeFirst?: number;
  /** In whose civil time weeks run: one zone for all; found for each series when left out. */
  readonly timeZone?: string;
  /**
   * Days that are like another weekday (holidays), and recurring maintenance, as in `FitOptions`; what is added later counts
   * from the next start on.
   */
  readonly calendar?: Calendar;
  /** What becomes of a lasting shift, as in `DetectorOptions`. */
  readonly learn?: 'accept-shifts' | 'hold';
  /**
   * How often the baseline is fitted again, to the last six weeks (or `learnFor`, if more) of what was counted, ms: a week by
   * default. 0 for never, which is the default under `'hold'`.
   */
  readonly refitEvery?: number;
  /**
   * M of N buckets of a row outside of what is normal make it part of an incident; 1 of an hour's by default. With `minCalls`, an
   * incident is reported once so many calls were made (above) or expected (below) on one of its rows: fewer are not interesting,
   * however unusual. 0 by default.
   */
  readonly alarm?: {
    readonly datapointsToAlarm?: number;
    readonly evaluationPeriods?: number;
    readonly minCalls?: number;
  };
  /** A source without data for so long is reported, ms beyond `grace`; an hour by default. */
  readonly noDataAfter?: number;
}

/** A plan with nothing left out. */
export interface MonitoringPlan {
  readonly name: string;
  readonly purpose: string;
  readonly resources: Resources;
  readonly every: number;
  readonly sources: readonly CallSource[];
  readonly owner: string;
  readonly notify: readonly Notifier[];
  readonly alertBudget: PlanBudget;
  readonly exclude: readonly { readonly from: number; readonly to: number }[];
  readonly step: number;
  readonly grace: number;
  readonly learnFor: number;
  /** How much of that, its end, the first poll judges and reports. */
  readonly judgeFirst: number;
  readonly timeZone: string | undefined;
  readonly calendar: Calendar | undefined;
  readonly learn: 'accept-shifts' | 'hold';
  /** 0 for never. */
  readonly refitEvery: number;
  readonly alarm: { readonly datapointsToAlarm: number; readonly evaluationPeriods: number; readonly minCalls: number };
  readonly noDataAfter: number;
}

const FIELDS: OptionNames<PlanInput> = {
  name: true,
  purpose: true,
  resources: true,
  every: true,
  sources: true,
  owner: true,
  notify: true,
  alertBudget: true,
  exclude: true,
  step: true,
  grace: true,
  learnFor: true,
  judgeFirst: true,
  timeZone: true,
  calendar: true,
  learn: true,
  refitEvery: true,
  alarm: true,
  noDataAfter: true,
};
const BUDGET_FIELDS: OptionNames<PlanBudget> = { perWeek: true, changes: true, firstSeen: true, firstPair: true };
const ALARM_FIELDS: OptionNames<NonNullable<PlanInput['alarm']>> = {
  datapointsToAlarm: true,
  evaluationPeriods: true,
  minCalls: true,
};
const RANGE_FIELDS: OptionNames<{ from: unknown; to: unknown }> = { from: true, to: true };

/**
 * A monitoring plan, checked and complete; it does nothing until `runPlan` runs it.
 * @throws InputError that names the field, what was needed and what came
 *
 * @example
 * import { logSource } from 'kms-baseline/node';
 * import { definePlan, planText, textNotifier } from 'kms-baseline/plan';
 *
 * const plan = definePlan({
 *   name: 'shop-keys',
 *   purpose: 'Notice misuse and outages of the keys of the shop before customers do',
 *   owner: 'Security engineering',
 *   every: 5 * 60_000,
 *   sources: [logSource('data/logs')],
 *   notify: [textNotifier((line) => process.stdout.write(line))],
 * });
 * console.log(planText(plan));
 */
export function definePlan(input: PlanInput): MonitoringPlan {
  if (typeof input !== 'object' || input === null) throw new InputError(`plan must be an object, got ${shown(input)}`);
  checkOptions(input, FIELDS, 'plan');
  checkOptions(input.alertBudget, BUDGET_FIELDS, 'plan.alertBudget');
  checkOptions(input.alarm, ALARM_FIELDS, 'plan.alarm');
  const purpose = text(input.purpose, 'plan.purpose');
  const step = whole(input.step ?? 5 * MINUTE, 'plan.step', SECOND, Math.min(MAX_STEP, DAY));
  const learnFor = whole(input.learnFor ?? 14 * DAY, 'plan.learnFor', 6 * HOUR, 366 * DAY);
  const lastDay = Math.floor(Math.min(DAY, learnFor / 7) / step) * step;
  const perHour = Math.max(1, Math.floor(HOUR / step));
  const evaluationPeriods = whole(input.alarm?.evaluationPeriods ?? perHour, 'plan.alarm.evaluationPeriods', 1, 1440);
  const learn = input.learn ?? 'accept-shifts';
  if (learn !== 'accept-shifts' && learn !== 'hold') {
    throw new InputError(`plan.learn must be 'accept-shifts' or 'hold', got ${shown(learn)}`);
  }
  return Object.freeze({
    name: input.name === undefined ? nameFrom(purpose) : name(input.name),
    purpose,
    resources: checkResources(input.resources ?? {}, 'plan.resources'),
    every: whole(input.every ?? 5 * MINUTE, 'plan.every', SECOND, WEEK),
    sources: named(input.sources, 'plan.sources', 'poll') as readonly CallSource[],
    owner: text(input.owner, 'plan.owner'),
    notify: named(input.notify, 'plan.notify', 'tell') as readonly Notifier[],
    alertBudget: {
      perWeek: budget(input.alertBudget?.perWeek, 'plan.alertBudget.perWeek'),
      changes:
        input.alertBudget?.changes === 'all' || input.alertBudget?.changes === Number.POSITIVE_INFINITY
          ? Number.POSITIVE_INFINITY
          : budget(input.alertBudget?.changes, 'plan.alertBudget.changes', " or 'all'"),
      firstSeen: budget(input.alertBudget?.firstSeen, 'plan.alertBudget.firstSeen'),
      firstPair: budget(input.alertBudget?.firstPair, 'plan.alertBudget.firstPair'),
    },
    exclude: list(input.exclude ?? [], 'plan.exclude').map((range, i) => {
      checkOptions(range, RANGE_FIELDS, `plan.exclude[${i}]`);
      const { from, to } = (range ?? {}) as { from?: unknown; to?: unknown };
      return checkRange(from, to, `plan.exclude[${i}].from/plan.exclude[${i}].to`);
    }),
    step,
    grace: whole(input.grace ?? 15 * MINUTE, 'plan.grace', 0, 2 * DAY),
    learnFor,
    judgeFirst: whole(input.judgeFirst ?? lastDay, 'plan.judgeFirst', 0, Math.floor(learnFor / 2)),
    timeZone: input.timeZone === undefined ? undefined : checkZone(input.timeZone, 'plan.timeZone'),
    calendar: input.calendar === undefined ? undefined : checkCalendar(input.calendar, 'plan.calendar'),
    learn,
    refitEvery: refitEvery(input.refitEvery, learn),
    alarm: {
      evaluationPeriods,
      datapointsToAlarm: whole(
        input.alarm?.datapointsToAlarm ?? 1,
        'plan.alarm.datapointsToAlarm',
        1,
        evaluationPeriods,
      ),
      minCalls: whole(input.alarm?.minCalls ?? 0, 'plan.alarm.minCalls', 0, 1e9),
    },
    noDataAfter: whole(input.noDataAfter ?? HOUR, 'plan.noDataAfter', step, DAY),
  });
}

/**
 * What a first poll at `now` reads: from `began` on it learns, from `reportsFrom` on it judges and reports, and at `until`
 * it has read what it began with. All are borders of buckets, epoch ms.
 */
export function firstPoll(
  { step, grace, learnFor, judgeFirst }: MonitoringPlan,
  now: number,
): { readonly began: number; readonly reportsFrom: number; readonly until: number } {
  const began = Math.floor((now - grace - learnFor) / step) * step;
  const until = began + Math.ceil(learnFor / step) * step;
  return { began, reportsFrom: began + Math.ceil((learnFor - judgeFirst) / step) * step, until };
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 1000) return value;
  throw new InputError(`${field} must be a text of 1 to 1,000 characters, got ${shown(value)}`);
}

function name(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9][\w.-]{0,63}$/.test(value)) return value;
  throw new InputError(`plan.name must be 1 to 64 letters, digits, '.', '_' or '-', got ${shown(value)}`);
}

/** `Watch the payment keys` as `watch-the-payment-keys`. */
function nameFrom(purpose: string): string {
  const slug = purpose
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
    .replace(/-$/, '');
  return slug === '' ? 'plan' : slug;
}

function whole(value: unknown, field: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InputError(`${field} must be a whole number in [${min}, ${max}], got ${shown(value)}`);
}

function refitEvery(value: unknown, learn: MonitoringPlan['learn']): number {
  const given = value ?? (learn === 'hold' ? 0 : WEEK);
  if (given === 0) return 0;
  if (learn === 'hold') {
    throw new InputError(
      `plan.refitEvery must be 0 where plan.learn is 'hold': a fit learns what was not signed off, got ${shown(value)}`,
    );
  }
  if (typeof given === 'number' && Number.isInteger(given) && given >= DAY && given <= 366 * DAY) return given;
  throw new InputError(`plan.refitEvery must be 0 or a whole number in [${DAY}, ${366 * DAY}], got ${shown(value)}`);
}

function budget(value: unknown, field: string, or = ''): number {
  const given = value ?? 1;
  if (typeof given === 'number' && given > 0 && given <= 1e6) return given;
  throw new InputError(`${field} must be a number of false alarms a week above 0${or}, got ${shown(value)}`);
}

function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InputError(`${field} must be an array, got ${shown(value)}`);
}

/** Objects with a name of their own and a function. */
function named(value: unknown, field: string, method: 'poll' | 'tell'): readonly unknown[] {
  const names = new Set<string>();
  const all = list(value, field);
  if (all.length === 0) throw new InputError(`${field} must hold at least one, got none`);
  for (const [i, entry] of all.entries()) {
    const { name, [method]: run } = (entry ?? {}) as { name?: unknown; poll?: unknown; tell?: unknown };
    if (typeof name !== 'string' || name === '' || names.has(name)) {
      throw new InputError(`${field}[${i}].name must be a text of its own, got ${shown(name)}`);
    }
    if (typeof run !== 'function')
      throw new InputError(`${field}[${i}].${method} must be a function, got ${shown(run)}`);
    names.add(name);
  }
  return all;
}
