import type { Anomaly } from '../engine/types.js';
import { checkNumber, checkOptions, type OptionNames } from '../errors.js';
import { errorInfo } from '../kms/errors.js';
import { isCallerOfKey } from '../kms/judged-rows.js';
import { REFUSED_KEYS } from '../kms/refused-keys.js';
import type { SeriesKey } from '../series/key.js';
import { HOUR, MAX_STEP } from '../time/grid.js';
import { checkZone, zoneOffsets } from '../time/zone.js';
import { affectedText } from './affected-words.js';
import { civilEnds, civilRange, civilTime } from './civil-time.js';
import { isLoss, type KeyLoss } from './key-loss.js';
import { accountOfKey, callerName, type KeyNames, keyName, seriesName } from './names.js';
import { byChance, counted, countOver, duration, grouped, mean } from './numbers.js';
import { printable } from './printable.js';
import { whoIn } from './who.js';

export interface WordsOptions {
  /** The IANA time zone of all times; default UTC. */
  readonly timeZone?: string;
  /** Width of the buckets that were judged, ms. */
  readonly step?: number;
  /** Where the judged time ends, epoch ms: what lasts until there is not over. */
  readonly judgedUntil?: number;
  /** How KMS keys are named; by default by the first digits of their ids. */
  readonly nameOf?: KeyNames;
  /** What depends on a key that is about to be gone: `keyLoss`, where a baseline is at hand. */
  readonly lossOf?: (keyArn: string) => KeyLoss | undefined;
}

/** In fewer weeks, the same hours say nothing of how usual something is. */
const LEAST_WEEKS = 3;
/** So many error codes are named; the others are counted. */
const CODES = 3;

/**
 * A finding in a few sentences: how bad; what, on which key, when, how many calls against how many; how likely by chance;
 * which callers; which errors. One line of plain text, whatever names the data held.
 * @throws InputError when the zone is unknown or the step is none
 */
export function wordsFor(anomaly: Anomaly, options: WordsOptions = {}): string {
  checkOptions(options, WORDS_OPTIONS);
  return sentencesFor(anomaly, options).join(' ');
}

const WORDS_OPTIONS: OptionNames<WordsOptions> = {
  timeZone: true,
  step: true,
  judgedUntil: true,
  nameOf: true,
  lossOf: true,
};

/** The sentences of {@link wordsFor}, apart; the first one says what happened, its severity before it. */
export function sentencesFor(anomaly: Anomaly, options: WordsOptions): string[] {
  const { severity } = anomaly;
  const [what, ...more] = factsFor(anomaly, options);
  return [`${severity.charAt(0).toUpperCase()}${severity.slice(1)}. ${what}`, ...more];
}

/** The same without the severity. */
export function factsFor(anomaly: Anomaly, options: WordsOptions): string[] {
  const timeZone = checkZone(options.timeZone ?? 'UTC');
  if (options.step !== undefined) checkNumber(options.step, 'step', 1, MAX_STEP);
  const nameOf = options.nameOf ?? keyName;
  const isOpen = options.judgedUntil !== undefined && anomaly.to >= options.judgedUntil;
  return [
    headline(anomaly, seriesName(anomaly.key, nameOf), timeZone, isOpen),
    chance(anomaly),
    whoIn(anomaly),
    outcomes(anomaly, nameOf),
    errors(anomaly),
    changeHour(anomaly, timeZone),
    ...affectedText(anomaly.affected, anomaly.verdict),
    loss(anomaly, options.lossOf),
  ].filter((sentence) => sentence !== '');
}

/** Whether a finding's calls are on the side that its verdict says; parts of a long one may be, where all of it is not. */
function isAsJudged({ verdict, value, expected }: Anomaly): boolean {
  return verdict === 'above' ? value > expected : value < expected;
}

function headline(anomaly: Anomaly, name: string, timeZone: string, isOpen: boolean): string {
  const { from, to, key, kind, value, verdict } = anomaly;
  const length = duration(to - from);
  const begin = `${civilTime(from, timeZone)} ${timeZone}`;
  const range = `${civilRange(from, to, timeZone)} ${timeZone}`;
  if (kind === 'silence') {
    const expected = expectation(anomaly);
    if (isOpen) return `${name}: no calls since ${begin} (${length} so far, ${expected}).`;
    const [first, last] = civilEnds(from, to, timeZone);
    return `${name}: no calls ${first}${last.length === 5 ? '–' : ' – '}${last} ${timeZone} (${length}, ${expected}).`;
  }
  const isKeys = anomaly.key.metric === REFUSED_KEYS;
  const calls = counted(value, isKeys ? 'key' : 'call');
  const usual = against(anomaly);
  if (isKeys) {
    return `${name}, ${range}: ${calls} in ${length} that did not in the 24 h before (${kind === 'first-seen' ? 'none in the history' : usual}).`;
  }
  if (!isAsJudged(anomaly)) {
    const some = verdict === 'above' ? 'too many' : 'too few';
    return `${name}, ${range} (${length}): ${some} for part of it, ${calls} in all (${usual}).`;
  }
  const lasting = isOpen ? ` (${length} so far)` : to - from > HOUR ? ` (${length})` : '';
  switch (kind) {
    case 'level-shift': {
      const side = verdict === 'above' ? 'higher' : 'lower';
      return isOpen
        ? `${name} has been ${side} since ${begin}: ${calls} in ${length} (${usual}).`
        : `${name} was ${side} ${range}: ${calls} in ${length} (${usual}).`;
    }
    case 'first-seen':
      return `${key.metric === null ? 'New use of ' : ''}${name}, ${range}${lasting}: ${calls}, none in the history${firstLimit(anomaly)}.`;
    case 'rare':
      return `${name}, ${range}${lasting}: ${calls} at a time with almost none (${expectation(anomaly)}).`;
    default:
      return `${name}, ${range}${lasting}: ${calls} (${usual}).`;
  }
}

/** How many calls of a use that the history does not hold are ordinary, where there are more. */
function firstLimit({ upper, value }: Anomaly): string {
  return upper >= 1 && value > upper ? ` (normal for a new use: up to ${grouped(Math.floor(upper))})` : '';
}

function expectation({ expected }: Anomaly): string {
  if (expected < 0.005) return 'almost none expected';
  return `expected ${expected < 0.95 ? '' : 'about '}${mean(expected)}`;
}

/** What was expected, and the last count that would have been normal, where the whole is beyond it. */
function against(anomaly: Anomaly): string {
  const { verdict, value, lower, upper } = anomaly;
  const expected = expectation(anomaly);
  if (verdict === 'above') return value > upper ? `${expected}, normal up to ${grouped(Math.floor(upper))}` : expected;
  return value < lower && lower > 0 ? `${expected}, normal at least ${grouped(Math.ceil(lower))}` : expected;
}

/** How likely the window that decided is by chance. */
function chance(anomaly: Anomaly): string {
  const { surprise, kind, from, to, verdict } = anomaly;
  // Anomalies of before 0.2 do not name it.
  const { decidedBy }: Partial<Anomaly> = anomaly;
  const odds = byChance(surprise);
  if (odds === undefined || decidedBy === undefined || !(decidedBy.to > decidedBy.from)) return '';
  const length = decidedBy.to - decidedBy.from;
  // A series that is like this every other week has its own law, whatever the model's says.
  const { of, alike } = decidedBy.weeks ?? { of: 0, alike: 0 };
  if (of >= LEAST_WEEKS && 2 * alike > of && decidedBy.reported === undefined) {
    const so = verdict === 'above' ? 'as many' : 'as few';
    return `In ${alike} of the ${of} weeks before, the same hours had ${so} calls.`;
  }
  // Of a silence, another window may have decided: one that had calls before.
  if (kind === 'silence' && decidedBy.from >= from) {
    return length >= to - from ? `This long without calls ${odds}.` : `${duration(length)} without calls ${odds}.`;
  }
  const { count, over } = countOver(length);
  // The calls of a burst that was reported before do not make up for those that are missing, nor are they reported twice.
  const without = (decidedBy.reported ?? 0) === 0 ? '' : ', without the calls of findings before it,';
  return `${count} this ${verdict === 'above' ? 'high' : 'low'}${over}${without} ${odds}.`;
}

/** The rows that moved with an anomaly; without its callers' own where it is of all of them, and names them itself. */
export function alsoAffected({ key, related }: Anomaly): readonly SeriesKey[] {
  return key.caller === null ? related.filter((row) => !isCallerOfKey(row)) : related;
}

/** What rose or fell with it, by outcome: a burst of refused calls is another matter than one of calls that worked. */
function outcomes({ key, verdict, related, errors = [] }: Anomaly, nameOf: KeyNames): string {
  if (key.outcome !== null) return '';
  const went = verdict === 'above' ? 'rose' : 'fell';
  const names = related.flatMap((row) => {
    const isTold = row.outcome === 'dry-run' || (row.outcome === 'error' && errors.length === 0);
    return isTold ? [seriesName(row, nameOf)] : [];
  });
  return [...new Set(names)].map((name) => `${name} ${went} too.`).join(' ');
}

/** What breaks if the key of a finding goes. */
function loss(anomaly: Anomaly, lossOf: WordsOptions['lossOf']): string {
  const { keyArn } = anomaly.key;
  const found = keyArn === null || !isLoss(anomaly) ? undefined : lossOf?.(keyArn);
  if (found === undefined || keyArn === null) return '';
  if (found.calls < 0.5) return 'The history has no use of the key that would break without it.';
  const home = accountOfKey(keyArn);
  const operations = found.operations
    .slice(0, CODES)
    .map(({ operation, calls }) => `${mean(calls)} ${printable(operation, 60)}`);
  const callers = found.callers.slice(0, CODES).map(({ caller }) => callerName(caller, home));
  const more = found.callers.length - callers.length;
  const who =
    callers.length === 0 ? '' : ` by ${callers.join(', ')}${more > 0 ? ` and ${counted(more, 'other')}` : ''}`;
  return `Without the key, about ${mean(found.calls)} calls of the next 30 days would fail: ${operations.join(', ')}${who}.`;
}

/** The error codes of failed calls, what the most frequent one means, and who mends it. */
function errors({ errors: all = [], value, key }: Anomaly): string {
  if (all.length === 0) return '';
  const failed = all.reduce((sum, { calls }) => sum + calls, 0);
  const rest = all.slice(CODES);
  const codes = all.slice(0, CODES).map(({ code, calls }) => `${grouped(calls)} ${printable(code, 60)}`);
  if (rest.length > 0)
    codes.push(`${grouped(rest.reduce((sum, { calls }) => sum + calls, 0))} of ${counted(rest.length, 'other code')}`);
  const { means, mend } = errorInfo(all[0].code);
  const [{ code }] = all;
  const shown = printable(code, 60);
  const dry = key.outcome === 'dry-run';
  const lead =
    key.outcome === null
      ? `${failed >= Math.round(value) ? `All ${grouped(failed)}` : grouped(failed)} failed: ${codes.join(', ')}.`
      : all.length === 1
        ? ''
        : `By error code: ${codes.join(', ')}.`;
  const meaning = dry ? `${mend}.` : `${shown}: ${means}. ${mend}.`;
  return `${lead}${lead === '' ? '' : ' '}${meaning}`;
}

/** A finding longer than this is not about the hour of a change. */
const SHORT = 6 * HOUR;

/**
 * A sentence on a finding in the hour that a change of daylight saving repeats, or within an hour after one that it leaves out: jobs due then may
 * have run once, twice, late or not at all. Empty of any other.
 */
function changeHour({ from, to }: Pick<Anomaly, 'from' | 'to'>, timeZone: string): string {
  if (to - from > SHORT) return '';
  const { times, offsets } = zoneOffsets(timeZone, from - 4 * HOUR, to + 4 * HOUR);
  for (let i = 1; i < times.length; i++) {
    const by = offsets[i] - offsets[i - 1];
    const begin = by < 0 ? times[i] + by : times[i];
    const end = by < 0 ? times[i] - by : times[i] + Math.max(by, HOUR);
    if (to <= begin || from >= end) continue;
    const way = by < 0 ? 'back' : 'forward';
    return `Daylight saving changed in ${timeZone} at ${civilTime(times[i], timeZone)} (${way} by ${duration(Math.abs(by))}): jobs due in the hour that ${by < 0 ? 'came twice may have run once or twice' : 'was left out may have run late or not at all'}.`;
  }
  return '';
}
