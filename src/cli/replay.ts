import { SEVERITIES } from '../engine/anomalies/anomaly-of-runs.js';
import { type Notice, noticeJson } from '../plan/notice.js';
import type { MonitoringPlan } from '../plan/plan.js';
import { type Replay, replayPlan } from '../plan/replay.js';
import { jsonDocument } from '../report/analysis-json.js';
import { civilRange, civilTime } from '../report/civil-time.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { isoText } from '../time/iso.js';
import type { CliIo } from './output.js';
import { ProgressLine } from './progress.js';
import { DONE, PARTLY_READ } from './status.js';
import type { PlanFile } from './watch-plan.js';

/** Which past is replayed, epoch ms, and in which form it is printed. */
export interface ReplayFlags {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly json: boolean;
}

/** Prints what a plan would have reported; returns the exit status. */
export async function replay({ plan, run }: PlanFile, { from, to, json }: ReplayFlags, io: CliIo): Promise<number> {
  const zone = plan.timeZone ?? 'UTC';
  const progress = new ProgressLine(io.stderr, io.clock);
  const replayed = await replayPlan(plan, {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(run.judges === undefined ? {} : { judges: run.judges }),
    ...(run.clock === undefined ? {} : { now: run.clock.now() }),
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onProgress: (done, polls) => progress.step('replaying', done, polls),
  }).finally(() => progress.clear());
  if (json) io.stdout.write(`${jsonDocument(replayJson(plan, replayed))}\n`);
  else io.stdout.write(`${transcript(plan, replayed, zone).join('\n')}\n`);
  for (const { source, message } of replayed.problems) {
    io.stderr.write(`kms-baseline: source ${printable(source, 60)}: ${printable(message, 500)}\n`);
  }
  return replayed.problems.length > 0 ? PARTLY_READ : DONE;
}

/** A line a notice, between what was replayed and what it comes to. */
function transcript(plan: MonitoringPlan, replayed: Replay, zone: string): string[] {
  const { from, to, learnedFrom, polls, notices, health } = replayed;
  const alarms = [...new Set(notices.map(({ notice }) => notice.alarm))];
  // Where all go to all, that need not be said with each.
  const isRouted = notices.some(({ to }) => to.length < plan.notify.length);
  const lines = notices.map(({ sentAt, notice, to }) => {
    const number = `#${alarms.indexOf(notice.alarm) + 1}`;
    const takers = !isRouted ? [] : [to.length === 0 ? 'for nobody' : `for ${namesOf(to)}`];
    return [civilTime(sentAt, zone), notice.state, notice.kind, number, ...takers, printable(notice.text, 1000)].join(
      '  ',
    );
  });
  const takers = plan.notify.map(({ name }) => {
    const taken = notices.filter(({ to }) => to.includes(name)).length;
    return isRouted ? `${namesOf([name])} (${taken})` : namesOf([name]);
  });
  const short = from - learnedFrom < plan.learnFor ? `, shorter than the plan's ${duration(plan.learnFor)}` : '';
  return [
    `Replay of ${plan.name}: what happened ${civilRange(from, to, zone)} ${zone}`,
    `Learned from ${duration(from - learnedFrom)} of history before it${short}; ${counted(polls, 'poll')}, every ${duration(plan.every)}. Nothing was sent.`,
    '',
    ...lines,
    ...(lines.length === 0 ? [] : ['']),
    `${counted(notices.length, 'notice')} in ${duration(to - from)} for ${takers.join(', ')}${notices.length === 0 ? '' : `: ${summary(notices.map(({ notice }) => notice))}`}`,
    `Coverage, last 24 h: ${Object.entries(health.coverage)
      .map(([name, share]) => `${printable(name, 60)} ${Math.floor(share * 100)} %`)
      .join(', ')}`,
  ];
}

function namesOf(notifiers: readonly string[]): string {
  return notifiers.map((name) => printable(name, 60)).join(', ');
}

/** What of each kind there is: `5 incidents (2 critical, 3 high), 2 changes, 1 first use`. */
function summary(notices: readonly Notice[]): string {
  const of = (kind: Notice['kind']) => notices.filter((notice) => notice.kind === kind);
  const incidents = new Map<string, Notice['severity']>();
  // The worst it came to: severities only rise while an incident is open.
  for (const { alarm, severity, change } of of('anomaly')) if (change !== 'closed') incidents.set(alarm, severity);
  const bySeverity = SEVERITIES.flatMap((severity) => {
    const count = [...incidents.values()].filter((one) => one === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const parts: readonly (readonly [number, string])[] = [
    [incidents.size, `${counted(incidents.size, 'incident')} (${bySeverity.join(', ')})`],
    [of('change').length, counted(of('change').length, 'change')],
    [of('first-seen').length, counted(of('first-seen').length, 'new caller')],
    [of('lifecycle').length, counted(of('lifecycle').length, 'notice of a key', 'notices of keys')],
    [of('health').length, counted(of('health').length, 'notice of its own health', 'notices of its own health')],
  ];
  return parts.flatMap(([count, text]) => (count === 0 ? [] : [text])).join(', ');
}

function replayJson({ name, notify }: MonitoringPlan, replayed: Replay): object {
  const { from, to, learnedFrom, notices, ...rest } = replayed;
  return {
    schemaVersion: 1,
    command: 'watch',
    plan: name,
    from: isoText(from),
    to: isoText(to),
    learnedFrom: isoText(learnedFrom),
    notify: notify.map((notifier) => notifier.name),
    notices: notices.map(({ sentAt, notice, to }) => ({ sentAt: isoText(sentAt), to, ...noticeJson(notice) })),
    ...rest,
  };
}
