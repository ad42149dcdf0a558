import { duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { MonitoringPlan } from './plan.js';

/** The six questions of a monitoring plan, and what this one answers, a line each: for reviews and audits. */
export function planText(plan: MonitoringPlan): string {
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
  return [
    `What for?        ${printable(plan.purpose, 300)}`,
    `What?            ${chosen.length === 0 ? 'every KMS key and operation in the logs' : chosen.join('; ')}`,
    `How often?       every ${duration(plan.every)}, in buckets of ${duration(plan.step)}, once late records have had ${duration(plan.grace)}; after learning for ${duration(plan.learnFor)}${timeZone === undefined ? '' : ` on the clock of ${timeZone}`}`,
    `With what?       ${names(plan.sources)}`,
    `Who does it?     ${printable(plan.owner, 300)}`,
    `Who is told?     ${names(plan.notify)}; false alarms to put up with a week: ${alertBudget.perWeek} on use, ${alertBudget.changes} on changes, ${alertBudget.firstSeen} on new callers, ${alertBudget.firstPair} on new uses`,
    ...(exclude.length === 0
      ? []
      : [
          `Left out         ${exclude.map(({ from, to }) => `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`).join(', ')}`,
        ]),
  ].join('\n');
}
