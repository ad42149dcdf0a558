import type { Anomaly } from '../engine/types.js';
import { checkNumber } from '../errors.js';
import { HOUR, MAX_STEP } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import { changeHour } from './change-hour.js';
import { civilEnds, civilRange, civilTime } from './civil-time.js';
import { seriesName } from './names.js';
import { counted, duration, grouped, mean, odds, stepName, suchStep } from './numbers.js';
import { whoIn } from './who.js';

export interface WordsOptions {
  /** The IANA zone on whose clock the times are told; default UTC. */
  readonly timeZone?: string;
  /** Width of the buckets that were judged, ms: with it the odds are told of "its worst five minutes". */
  readonly step?: number;
  /** Where the judged time ends, epoch ms: with it an anomaly that lasts until there is told as not over. */
  readonly judgedUntil?: number;
}

/**
 * An anomaly in two sentences, three when the outcome of the calls adds to it: what, on which key, when, how many against
 * how many; how unusual, and who. One line of plain text, whatever names the data held.
 * @throws InputError when the zone is unknown or the step is none
 */
export function wordsFor(anomaly: Anomaly, options: WordsOptions = {}): string {
  return sentencesFor(anomaly, options).join(' ');
}

/** The sentences of {@link wordsFor}, apart. */
export function sentencesFor(anomaly: Anomaly, options: WordsOptions): string[] {
  const timeZone = checkZone(options.timeZone ?? 'UTC');
  if (options.step !== undefined) checkNumber(options.step, 'step', 1, MAX_STEP);
  const open = options.judgedUntil !== undefined && anomaly.to >= options.judgedUntil;
  const first = `${seriesName(anomaly.key)}${whatHappened(anomaly, timeZone, open)}.`;
  const sentences = [first, chance(anomaly, options.step), outcomes(anomaly), changeHour(anomaly, timeZone)];
  return sentences.filter((sentence) => sentence !== '');
}

function whatHappened(anomaly: Anomaly, timeZone: string, open: boolean): string {
  const { from, to } = anomaly;
  const length = duration(to - from);
  if (anomaly.kind === 'silence') {
    const [begin, end] = civilEnds(from, to, timeZone);
    const when = open
      ? `since ${civilTime(from, timeZone)} ${timeZone} (${length} so far)`
      : `from ${begin} to ${end} ${timeZone} (${length})`;
    return `: no call ${when}${against(anomaly)}`;
  }
  const lasting = open ? ` (${length} so far)` : to - from > HOUR ? ` (${length})` : '';
  return `, ${civilRange(from, to, timeZone)} ${timeZone}${lasting}: ${tally(anomaly)}`;
}

function tally(anomaly: Anomaly): string {
  const { kind, value, verdict, upper, expected } = anomaly;
  const calls = counted(value, 'call');
  switch (kind) {
    case 'first-seen': {
      const room = upper >= 1 && value > upper ? ` (up to ${grouped(upper)} would have passed as a first use)` : '';
      return `${calls}, where the history has none${room}`;
    }
    case 'rare':
      return `${calls}, where the history has hardly any (${mean(expected)} expected)`;
    case 'level-shift':
      return `a lasting ${verdict === 'above' ? 'rise' : 'fall'} to ${calls}${against(anomaly)}`;
    case 'drop':
      return `only ${calls}${against(anomaly)}`;
    default:
      return `${calls}${against(anomaly)}`;
  }
}

/** What was expected, and the count that would just have been normal: where the run as a whole is beyond it. */
function against({ verdict, value, expected, lower, upper, kind }: Anomaly): string {
  const be = mean(expected) === '1' ? 'was' : 'were';
  const usual =
    expected < 0.05
      ? 'almost none were expected'
      : `${expected < 0.95 ? '' : 'about '}${mean(expected)} ${be} expected`;
  const above = verdict === 'above' && value > upper ? ` and at most ${grouped(upper)} would have been normal` : '';
  // One call would have ended a silence: the least normal count of each bucket says nothing about all of it.
  const below = verdict === 'below' && kind !== 'silence' && value < lower && lower > 0;
  return `, where ${usual}${above}${below ? ` and at least ${grouped(lower)} would have been normal` : ''}`;
}

function chance(anomaly: Anomaly, step: number | undefined): string {
  const times = odds(anomaly.surprise);
  const who = whoIn(anomaly);
  if (times === undefined) return who === '' ? '' : `${who.charAt(0).toUpperCase()}${who.slice(1)}.`;
  const what =
    anomaly.kind === 'silence'
      ? 'a silence this long'
      : step === undefined
        ? 'counts like these'
        : anomaly.to - anomaly.from > step
          ? `its ${anomaly.verdict === 'above' ? 'busiest' : 'quietest'} ${stepName(step)}`
          : `such ${suchStep(step)}`;
  return `By chance, ${what} would come ${times}${who === '' ? '' : `; ${who}`}.`;
}

/** What the failures did meanwhile: a burst of refused calls is another story than one of calls that worked. */
function outcomes({ key, verdict, related }: Anomaly): string {
  if (key.outcome !== null) return '';
  const moved = new Set(related.map(({ outcome }) => outcome));
  const went = verdict === 'above' ? 'rose' : 'fell';
  const also: string[] = [];
  if (moved.has('error')) {
    also.push(moved.has('ok') ? `Failed calls ${went} too.` : `Failed calls ${went}, not successful ones.`);
  }
  if (moved.has('dry-run')) also.push(`Dry runs ${went} too.`);
  return also.join(' ');
}
