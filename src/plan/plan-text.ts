import { checkOptions, type OptionNames } from '../errors.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { isoText } from '../time/iso.js';
import { firstPoll, type MonitoringPlan } from './plan.js';

export interface PlanTextOptions {
  /** The time of a first poll, epoch ms: with it, a line says from which time on that would report anything. */
  readonly now?: number;
}

/** The six questions of a monitoring plan, and what this one answers, a line each: for reviews and audits. */
export function planText(plan: MonitoringPlan, options: PlanTextOptions = {}): string {
  checkOptions(options, PLAN_TEXT_OPTIONS);
  const { resources, alertBudget, exclude, timeZone } = plan;
  const lists = [
    ['keys', resources.keys],
    ['operations', resources.operations],
    ['accounts', resources.accounts],
    ['Regions', resources.regions],
  ] as const;
  const chosen = lists.flatMap(([name, list]) =>
    list === undefined ? [] : [`${name} ${list.map((entry) => printable(entry)).join(', ')}`],
  );
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => printable(name, 60)).join(', ');
  const abouts = (all: readonly { readonly name: string; readonly about?: string }[]) =>
    all.flatMap(({ name, about }) =>
      about === undefined ? [] : [`                 ${printable(name, 60)}: ${printable(about, 500)}`],
    );
  return [
    `What for?        ${printable(plan.purpose, 300)}`,
    `What?            ${chosen.length === 0 ? 'every KMS key and operation in the logs' : chosen.join('; ')}`,
    `How often?       every ${duration(plan.every)}, in buckets of ${duration(plan.step)}, once late records have had ${duration(plan.grace)}${timeZone === undefined ? '' : `; time zone ${timeZone}`}`,
    `From when?       ${beginning(plan)}`,
    `With what?       ${names(plan.sources)}`,
    ...abouts(plan.sources),
    `Who does it?     ${printable(plan.owner, 300)}`,
    `Who is notified? ${names(plan.notify)}; weekly alert budget: usage ${alertBudget.perWeek}, changes ${Number.isFinite(alertBudget.changes) ? alertBudget.changes : 'all'}, new callers ${alertBudget.firstSeen}, new operations ${alertBudget.firstPair}`,
    ...abouts(plan.notify),
    ...(plan.alarm.minCalls === 0
      ? []
      : [`Too small        incidents of fewer than ${counted(plan.alarm.minCalls, 'call')}, made or expected`]),
    ...(exclude.length === 0
      ? []
      : [`Excluded         ${exclude.map(({ from, to }) => `${isoText(from)} to ${isoText(to)}`).join(', ')}`]),
    ...(options.now === undefined
      ? []
      : [
          `First poll       at ${minute(options.now)}, it reports what happened since ${minute(firstPoll(plan, options.now).reportsFrom)}`,
        ]),
  ].join('\n');
}

const PLAN_TEXT_OPTIONS: OptionNames<PlanTextOptions> = { now: true };

/** What of the history is learned from, and what of it is reported. */
function beginning({ learnFor, judgeFirst }: MonitoringPlan): string {
  const learned = `the first poll learns from ${duration(learnFor - judgeFirst)} of history`;
  return judgeFirst === 0
    ? `${learned}; what happens after it is reported`
    : `${learned}; what happened in the ${duration(judgeFirst)} after that, and since, is reported`;
}

/** `2026-06-01T12:05Z`, for what need not be exact. */
export function minute(time: number): string {
  return `${isoText(time).slice(0, 16)}Z`;
}
