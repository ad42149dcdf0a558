import { DAY } from '../../../time/grid.js';
import type { Windows } from '../../windows.js';
import type { RowModel } from '../model.js';
import type { TrackerParts } from './parts.js';
import { DAY_HOURS, SHAPE_HOUR, SHAPE_HOUR_CALLS, SHAPE_HOUR_MEAN } from './state.js';

// What a history of days leaves open of a series' hours is learned as they come: each hour of the day has a correction.

/** Days of history from which on the hours of the day are as well known as they will be without a new fit. */
const SHAPE_KNOWN = 21;

/**
 * Relative variance of what an hour of the day is, after so many days: two of them may both have been at a week end. As
 * high as 0.3 at first, 0.04 after a week.
 */
function shapeDoubtAfter(days: number): number {
  return 0.3 / (1 + (days * days) / 8);
}

/** Relative variance of an hour from day to day of one kind: one Saturday does not say more of the Sunday behind it. */
const DAYS_DIFFER = 0.05;

/** What the corrections of a series' hours weigh before any evidence; 0 where its hours are known, or it has never called. */
export function shapePriorOf(model: RowModel, { step }: Windows): number {
  const doubt = shapeDoubtIn(model, step);
  return doubt > 0 ? 1 / doubt : 0;
}

/** What is not known of a young series' days at the end of its history: relative variance. */
export function shapeDoubtIn({ calls, support }: RowModel, step: number): number {
  const days = (support * step) / DAY;
  return calls > 0 && days < SHAPE_KNOWN ? shapeDoubtAfter(days) : 0;
}

/** What is not known of a young series' days, and shared by the buckets of a silence. */
export function shapeDoubtOf({ shapePrior }: TrackerParts): number {
  return shapePrior > 0 ? 1 / shapePrior : 0;
}

/** The hour of the day of a week slot: those of a week end are apart, people's first one says nothing of their Monday. */
export function hourOf({ profile }: TrackerParts, slot: number): number {
  const perDay = profile.perWeek / 7;
  const hour = Math.floor((slot % perDay) / Math.max(1, perDay / DAY_HOURS));
  return slot < 5 * perDay ? hour : DAY_HOURS + hour;
}

/** What the correction of a slot's hour weighs before any evidence: the less, the more the fit left open of it. */
function priorOf({ profile, shapePrior }: TrackerParts, slot: number): number {
  return 1 / (1 / shapePrior + profile.hourVarianceAt(slot));
}

/** What a young series' hours have turned out to be, over what little history made of them; 1 for any other. */
export function correctionOf(parts: TrackerParts, hour: number, slot: number): number {
  const { s, shapePrior, layout } = parts;
  if (shapePrior === 0) return 1;
  const at = layout.shapeAt + 2 * hour;
  const prior = priorOf(parts, slot);
  return (s[at] + prior) / (s[at + 1] + prior);
}

/** Relative variance of an hour by now, over that of the fit: what its place in the day leaves open besides, less what has been learned. */
export function doubtOf(parts: TrackerParts, hour: number, slot: number): number {
  const { s, layout, profile } = parts;
  return 1 / (s[layout.shapeAt + 2 * hour] + priorOf(parts, slot)) - profile.hourVarianceAt(slot);
}

/** What the bucket shows of its local hour, of a young series. */
export function trainShape(parts: TrackerParts): void {
  const { s, scratch } = parts;
  const { bucket: b } = scratch;
  if (s[SHAPE_HOUR] !== b.hour) learnShape(parts);
  s[SHAPE_HOUR] = b.hour;
  s[SHAPE_HOUR_CALLS] += b.held;
  s[SHAPE_HOUR_MEAN] += b.mean / b.correction;
}

/** The local hour that ended, against what its place in the day led to expect: the rate is held to be right. */
function learnShape({ s, scatter, layout, scratch }: TrackerParts): void {
  const { phi, alpha } = scatter;
  if (s[SHAPE_HOUR_MEAN] > 0) {
    const at = layout.shapeAt + 2 * s[SHAPE_HOUR];
    const worth = 1 / (1 + phi + (alpha + DAYS_DIFFER) * Math.max(s[SHAPE_HOUR_MEAN], s[SHAPE_HOUR_CALLS]));
    s[at] += worth * s[SHAPE_HOUR_CALLS];
    s[at + 1] += worth * s[SHAPE_HOUR_MEAN];
  }
  s[SHAPE_HOUR_CALLS] = 0;
  s[SHAPE_HOUR_MEAN] = 0;
  scratch.distributions.forget();
}
