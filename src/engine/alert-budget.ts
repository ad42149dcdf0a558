import { checkNumber, checkOptions } from '../errors.js';

/**
 * False alarms a week of an alert budget; 1 without one.
 * @throws InputError for what is no budget, which would otherwise be the default in silence
 */
export function checkBudget(budget: { readonly perWeek: number } | undefined): number {
  if (budget === undefined) return 1;
  checkOptions<{ perWeek: number }>(budget, { perWeek: true }, 'alertBudget');
  return checkNumber(budget.perWeek, 'alertBudget.perWeek', Number.MIN_VALUE, 1e9);
}
