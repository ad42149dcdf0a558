import { DAY, HOUR } from '../time/grid.js';
import { type Draft, drawDraft, type FleetEventKind, type FleetRow } from './fleet-drafts.js';
import { varianceOf } from './fleet-noise.js';
import type { RowPlan } from './fleet-plan.js';
import type { Random } from './random.js';

/** Something that happens to a row. */
export interface FleetEvent extends Draft {
  /** |excess| over the noise of the span (of its first day for a level shift). */
  readonly snr: number;
}

/** Only what stands out from the noise of its own span is an event. */
export const LEAST_SNR = 8;
/** From the end of one event to the start of the next, so that the free time of one does not hide the other. */
const APART = 3 * DAY;
/** Nothing happens in the first hours of the judged part. */
const QUIET = 8 * HOUR;

/** One or two events for the judged part of a row, or none; in time order. */
export function drawEvents(row: FleetRow, random: Random): FleetEvent[] {
  const { plan, grid } = row;
  const kinds = kindsFor(plan);
  if (kinds.length === 0) return [];
  const dice = random.uniform();
  // A pair never seen has its first use or nothing.
  const wanted = plan.kind === 'unseen' ? (dice < 0.8 ? 1 : 0) : dice < 0.3 ? 0 : dice < 0.8 ? 1 : 2;
  const apart = APART / grid.step;
  const events: FleetEvent[] = [];
  let kind = random.pick(kinds);
  for (let tries = 1; tries <= 96 && events.length < wanted; tries++) {
    // A kind gets some tries before another is taken, or those that fit anywhere would crowd out the others.
    if (tries % 12 === 0) kind = random.pick(kinds);
    const draft = drawDraft(row, kind, random);
    if (draft === undefined || draft.from < row.judged + QUIET / grid.step || draft.to > grid.length) continue;
    const clear = events.every((other) => draft.from >= other.to + apart || draft.to + apart <= other.from);
    const snr = snrOf(row, draft);
    if (!clear || snr < LEAST_SNR) continue;
    events.push({ ...draft, snr });
    kind = random.pick(kinds);
  }
  return events.sort((a, b) => a.from - b.from);
}

function kindsFor({ kind, traffic }: RowPlan): readonly FleetEventKind[] {
  if (kind === 'unseen') return ['first-use'];
  if (kind === 'sparse') return ['sparse-burst'];
  if (kind === 'control') return ['control-burst'];
  const steady: FleetEventKind[] = ['spike', 'low-and-slow', 'drop', 'outage', 'level-shift'];
  switch (traffic.nature) {
    case 'human':
      return [...steady, 'off-hours'];
    case 'cron':
      return ['missed-run', 'missed-run', 'extra-run', 'extra-run', 'spike', 'outage', 'level-shift'];
    default:
      return steady;
  }
}

/** |Σ excess| / √Σ variance, over the span or the first day of it. */
export function snrOf({ plan, expectation, grid }: FleetRow, event: Draft): number {
  const { mean, burstVariance } = expectation;
  const to = event.kind === 'level-shift' ? Math.min(event.to, event.from + DAY / grid.step) : event.to;
  let excess = 0;
  let variance = 0;
  for (let i = event.from; i < to; i++) {
    excess += event.mean[i - event.from] - mean[i];
    variance += varianceOf(mean[i], plan.noise) + burstVariance[i];
  }
  return variance === 0 ? (excess === 0 ? 0 : Infinity) : Math.abs(excess) / Math.sqrt(variance);
}
