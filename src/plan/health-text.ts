import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { Health } from './health.js';

/** How a watch is doing, in a few lines: what of it is worth knowing, and nothing where all is well. */
export function healthText(health: Health): string {
  const { phase, lag, notices, coverage, failing, rejected, late, tooLate } = health;
  const behind = lag === null ? 'nothing settled yet' : `${duration(lag)} behind`;
  const heard = Object.entries(coverage).map(([name, share]) => `${printable(name, 60)} ${Math.floor(share * 100)} %`);
  const amiss = [
    ...(rejected > 0 ? [`${counted(rejected, 'record')} could not be read`] : []),
    ...(late > 0 ? [`${counted(late, 'call')} came late, ${tooLate} of them too late to count`] : []),
  ];
  return [
    `${phase}, ${behind}; ${counted(notices.decided, 'notice')} so far, ${notices.waiting} still to be told`,
    `heard of the last day: ${heard.join(', ')}`,
    ...(amiss.length === 0 ? [] : [amiss.join('; ')]),
    ...failing.map(({ source, message }) => `${printable(source, 60)} fails: ${printable(message, 300)}`),
  ].join('\n');
}
