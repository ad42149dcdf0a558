import type { Analysis } from './analysis.js';
import { seriesName } from './names.js';
import { counted, duration, grouped } from './numbers.js';
import type { QuietSeries, Unknowns } from './unknown.js';
import { wrap } from './wrap.js';

/** So many quiet series are named. */
const NAMED = 6;

/** What could not be judged and why, and whose silence would not be heard. */
export function renderUnknowns({ unknown, window }: Analysis, width: number, verbose = true): string[] {
  const indent = '  ';
  const lines = ['Not judged', ''];
  lines.push(...wrap(coveragePhrase(unknown), width, indent));
  for (const [count, why] of [
    [unknown.notObserved, 'not observed: the logs were not listening'],
    [unknown.learning, 'learning: the history is too short'],
    [unknown.cannotBeJudged, 'cannot be judged: no count could have told'],
  ] as const) {
    if (count > 0) lines.push(...wrap(`${grouped(count)} ${why}`, width, `${indent}- `, `${indent}  `));
  }
  if (unknown.seriesNeverJudged > 0 && unknown.seriesNeverJudged < unknown.series) {
    lines.push(
      ...wrap(`${counted(unknown.seriesNeverJudged, 'series has', 'series have')} no verdict at all`, width, indent),
    );
  }
  if (unknown.newSeries > 0 && unknown.judged > 0) {
    const newcomers = counted(unknown.newSeries, 'series is', 'series are');
    lines.push(...wrap(`${newcomers} new in the judged time, and judged by what newcomers do`, width, indent));
  }
  lines.push(...quietLines(unknown.tooQuiet, window.to - window.from, width, indent, verbose));
  return lines;
}

function coveragePhrase({ cells, judged, series }: Unknowns): string {
  if (cells === 0) return 'nothing was there to judge';
  const all = `${grouped(cells)} buckets of ${counted(series, 'series', 'series')}`;
  if (judged === cells) return `all ${all} were judged`;
  // Rounded down: 99.96 % is not all.
  return `${(Math.floor((judged / cells) * 1000) / 10).toFixed(1)} % of ${all} were judged; the others were`;
}

function quietLines(
  quiet: Unknowns['tooQuiet'],
  length: number,
  width: number,
  indent: string,
  verbose: boolean,
): string[] {
  if (quiet.series === 0) return [];
  const rest = verbose ? 'How long it would have to last:' : 'Each of them: --verbose';
  const lines = wrap(
    `${grouped(quiet.series)} of ${counted(quiet.of, 'known series (outcomes apart)', 'known series (outcomes apart)')} ${quiet.series === 1 ? 'is' : 'are'} too quiet for a silence of ${duration(length)} to be told from chance. ${rest}`,
    width,
    indent,
  );
  if (!verbose) return lines;
  for (const series of quiet.listed.slice(0, NAMED))
    lines.push(...wrap(quietPhrase(series), width, `${indent}- `, `${indent}  `));
  const more = quiet.series - Math.min(NAMED, quiet.listed.length);
  if (more > 0) lines.push(`${indent}- ${grouped(more)} more: longer`);
  return lines;
}

function quietPhrase({ key, timeToDetectSilence: time }: QuietSeries): string {
  return `${seriesName(key)}: ${time === null ? 'more than 90 days' : duration(time)}`;
}
