import { LEARNING, NORMAL, NOTABLE, type ScoreColumns, UNKNOWN } from '../../types.js';
import { DRIFT_SPAN } from './drift.js';
import { markEvent } from './event-blocks.js';
import { extendIncident } from './incident.js';
import type { TrackerParts } from './parts.js';
import { endRound } from './rings.js';
import { DRIFT, SILENCE } from './scratch.js';
import { LAST_CALL, MERGE_SIDE, PER_BUCKET, RING } from './state.js';
import {
  AT_EXPOSURE,
  AT_EXPOSURE_VAR,
  AT_HELD,
  AT_LOWER,
  AT_MEAN,
  AT_NATS,
  AT_SILENCE_AFTER,
  AT_SUM,
  AT_SUM_EXPOSURE,
  AT_SUM_EXPOSURE_VAR,
  AT_SURPRISE,
  AT_UPPER,
  AT_Y,
} from './stretch.js';
import { loadBucket, setHour } from './stretch-bucket.js';
import { DEPENDENCE, PER_NAT } from './verdict.js';
import { writeDecided } from './window-test.js';
import { trainShape } from './young-hours.js';

/**
 * Makes the verdicts of a run those of normal buckets that nothing but themselves decides, before any is judged: what is written a
 * whole row at a time takes less than a stretch at a time, beside four other columns (Node 20: 1 to 3 % of a window).
 */
export function clearVerdicts(out: ScoreColumns, at: number, length: number, step: number): void {
  const { verdicts, reasons, ongoing, spans } = out;
  for (let i = at; i < at + length; i++) {
    verdicts[i] = NORMAL;
    reasons[i] = 0;
    spans[i] = step;
    if (ongoing !== undefined) ongoing[i] = NORMAL;
  }
}

/** Writes the verdicts on the first `n` buckets of the stretch, all normal, over what {@link clearVerdicts} left; see `writeVerdict`. */
export function writeVerdicts(parts: TrackerParts, out: ScoreColumns, n: number, learning: boolean): void {
  const { scratch, rules } = parts;
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  const { spans, step } = rules.windows;
  const { cell, dates } = t;
  const { expected, lower, upper, surprise, spans: spanOf, verdicts, reasons } = out;
  for (let j = 0; j < n; j++) {
    const figure = (c[AT_NATS + j] + DEPENDENCE) * PER_NAT;
    const size = figure > 0 ? (figure < 1e4 ? figure : 1e4) : 0;
    c[AT_SURPRISE + j] = size;
    surprise[cell + j] = c[AT_Y + j] >= c[AT_MEAN + j] ? size : -size;
  }
  // One at a time: all four in one loop were more arrays than V8 (Node 20) has registers for.
  for (let j = 0; j < n; j++) expected[cell + j] = c[AT_MEAN + j];
  for (let j = 0; j < n; j++) lower[cell + j] = c[AT_LOWER + j];
  for (let j = 0; j < n; j++) upper[cell + j] = c[AT_UPPER + j];
  let silent = k.silentBuckets;
  for (let j = 0; j < t.said && j < n; j++) {
    const by = dates[j];
    if (by !== 0) spanOf[cell + j] = by === SILENCE ? (silent + 1) * step : by === DRIFT ? DRIFT_SPAN : spans[by];
    silent = c[AT_Y + j] === 0 ? silent + 1 : 0;
  }
  if (!learning) return;
  for (let j = 0; j < n; j++) {
    verdicts[cell + j] = UNKNOWN;
    reasons[cell + j] = LEARNING;
  }
}

/** What the first `n` buckets of the stretch, all in one block and round, leave behind; see `leaveInHand`. */
export function leaveStretch(parts: TrackerParts, out: ScoreColumns | undefined, n: number, learn: boolean): void {
  const { scratch } = parts;
  const { stretch: t, block: k, bucket: b } = scratch;
  const c = t.all;
  leaveSilence(parts, out, n);
  k.sum = c[AT_SUM + n - 1];
  k.sumExposure = c[AT_SUM_EXPOSURE + n - 1];
  k.sumExposureVar = c[AT_SUM_EXPOSURE_VAR + n - 1];
  leaveInRing(parts, n);
  if (learn) leaveTraining(parts, n);
  if (k.isTraining) {
    for (let j = 0; j < n; j++) {
      if (t.isSuspect[j] !== 0) continue;
      loadBucket(parts, j);
      setHour(parts, j);
      trainShape(parts);
    }
  }
  for (let j = 0; j < n && k.isMerging; j++) {
    loadBucket(parts, j);
    extendIncident(parts.s, b);
    k.isMerging = parts.s[MERGE_SIDE] !== 0;
  }
  k.back += n;
}

/** What becomes of the silence, and of what was late; the windows that decided are kept on the way. */
function leaveSilence(parts: TrackerParts, out: ScoreColumns | undefined, n: number): void {
  const { s, scratch, rules, straddles } = parts;
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  const { step } = rules.windows;
  const ratio = k.silenceRatio;
  let mean = k.silenceMean;
  let silent = k.silentBuckets;
  let call = -1;
  let j = 0;
  if (out !== undefined) {
    for (; j < t.said && j < n; j++) {
      if (t.dates[j] !== 0 && c[AT_SURPRISE + j] >= NOTABLE) {
        k.silenceMean = mean;
        if (call >= 0) s[LAST_CALL] = (t.start + call * step) / step + 1;
        loadBucket(parts, j);
        writeDecided(parts, out.decided);
      }
      if (c[AT_Y + j] === 0) {
        mean += c[AT_MEAN + j] * ratio;
        silent++;
      } else {
        call = j;
        mean = 0;
        silent = 0;
      }
    }
  }
  // Of the others only those behind the last call count.
  let last = n - 1;
  while (last >= j && c[AT_Y + last] === 0) last--;
  if (last >= j) {
    call = last;
    mean = 0;
    silent = 0;
    j = last + 1;
  }
  silent += n - j;
  for (; j < n; j++) mean += c[AT_MEAN + j] * ratio;
  if (call >= 0) s[LAST_CALL] = (t.start + call * step) / step + 1;
  k.silenceNats = c[AT_Y + n - 1] === 0 ? c[AT_SILENCE_AFTER + n - 1] : 0;
  k.silenceMean = mean;
  k.silentBuckets = silent;
  const lacks = c[AT_MEAN + n - 1] - c[AT_Y + n - 1];
  k.carriedShortfall = straddles && lacks > 0 ? lacks : 0;
}

function leaveTraining({ s, scratch }: TrackerParts, n: number): void {
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  let { driftCalls, driftExposure, trainCalls, trainExposure } = k;
  for (let j = 0; j < n; j++) {
    const held = c[AT_HELD + j];
    const exposure = c[AT_EXPOSURE + j];
    driftCalls += held;
    driftExposure += exposure;
    if (t.isSuspect[j] !== 0) {
      markEvent(s);
      continue;
    }
    trainCalls += held;
    trainExposure += exposure;
  }
  k.driftCalls = driftCalls;
  k.driftExposure = driftExposure;
  k.trainCalls = trainCalls;
  k.trainExposure = trainExposure;
}

/** The first `n` buckets, in one round, enter the ring. */
function leaveInRing(parts: TrackerParts, n: number): void {
  const { s, scratch, rules } = parts;
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  const { hourBuckets } = rules.windows;
  if (hourBuckets === 0) return;
  let { partialSum, partialExposure, partialExposureVar } = k;
  let place = RING + PER_BUCKET * k.ringIndex;
  for (let j = 0; j < n; j++, place += PER_BUCKET) {
    const y = c[AT_Y + j];
    const exposure = c[AT_EXPOSURE + j];
    const exposureVar = c[AT_EXPOSURE_VAR + j];
    s[place] = y;
    s[place + 1] = exposure;
    s[place + 2] = exposureVar;
    partialSum += y;
    partialExposure += exposure;
    partialExposureVar += exposureVar;
  }
  k.ringIndex += n;
  const isRound = k.ringIndex === hourBuckets;
  if (isRound) {
    endRound(parts);
    k.ringIndex = 0;
  }
  k.partialSum = isRound ? 0 : partialSum;
  k.partialExposure = isRound ? 0 : partialExposure;
  k.partialExposureVar = isRound ? 0 : partialExposureVar;
}
