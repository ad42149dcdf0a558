import { seriesName } from '../report/names.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { Health } from './health.js';
import { minute } from './plan-text.js';

/** So many quiet keys are shown. */
const SHOWN = 3;

/** How a watch is doing, in a few lines: what of it is worth knowing, and nothing where all is well. */
export function healthText(health: Health): string {
  const { notices, coverage, failing, undelivered, rejected, late, tooLate, quiet } = health;
  const covered = Object.entries(coverage).map(
    ([name, share]) => `${printable(name, 60)} ${Math.floor(share * 100)} %`,
  );
  const amiss = [
    ...(rejected > 0
      ? [
          `${counted(rejected, 'record')} could not be read, or ${rejected === 1 ? 'lies' : 'lie'} over an hour in the future`,
        ]
      : []),
    ...(late > 0 ? [`${counted(late, 'call')} came late, ${tooLate} of them too late to count`] : []),
  ];
  return [
    `${phaseOf(health)}; ${counted(notices.decided, 'notice')} so far, ${notices.waiting} pending`,
    `coverage, last 24 h: ${covered.join(', ')}`,
    ...(amiss.length === 0 ? [] : [amiss.join('; ')]),
    ...quiet
      .slice(0, SHOWN)
      .map(
        ({ key, since, reportedAt }) =>
          `${seriesName(key)}: no calls since ${minute(since)}, reported at ${minute(reportedAt)} if none come`,
      ),
    ...failing.map(({ source, message }) => `${printable(source, 60)} fails: ${printable(message, 300)}`),
    ...undelivered.flatMap(deliveryOf),
  ].join('\n');
}

/** What a notifier did not take. */
function deliveryOf({ notifier, failing, waiting, refused, last }: Health['undelivered'][number]): string[] {
  const name = printable(notifier, 60);
  const lost = last === null ? '' : `, the last ${last.id}: ${printable(last.message, 300)}`;
  return [
    ...(failing === null
      ? []
      : [`notifier ${name} fails: ${printable(failing, 300)}; ${counted(waiting, 'notice')} pending`]),
    ...(refused === 0 ? [] : [`notifier ${name}: ${counted(refused, 'notice')} not sent, set aside${lost}`]),
  ];
}

/** How far it is, and from which time on anything can be reported. */
function phaseOf({ phase, lag, reportsFrom, verdicts }: Health): string {
  const since = reportsFrom === null ? '' : `, reports what happened since ${minute(reportsFrom)}`;
  const behind = lag === null ? 'nothing read yet' : `${duration(lag)} behind`;
  if (phase === 'learning') return `learning, ${behind}${since}`;
  const judged = verdicts.normal + verdicts.above + verdicts.below;
  return `watching, ${behind}${judged === 0 ? ', still too little history to judge by' : since}`;
}
