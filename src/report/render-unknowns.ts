import type { Analysis } from './analysis.js';
import { keyNamesOf } from './key-names.js';
import { type KeyNames, seriesName } from './names.js';
import { counted, duration, grouped } from './numbers.js';
import type { QuietSeries, Unknowns } from './unknown.js';
import { wrap } from './wrap.js';

/** So many quiet series are named. */
const NAMED = 6;

/** What could not be judged and why, and which series are called too rarely for missing calls to be significant. */
export function renderUnknowns({ unknown, window, keys }: Analysis, width: number): string[] {
  const indent = '  ';
  const lines = ['Not judged', ''];
  lines.push(...wrap(coveragePhrase(unknown), width, indent));
  for (const [count, why] of [
    [unknown.notObserved, 'not observed: no coverage'],
    [unknown.learning, 'still learning: the history is too short'],
    [unknown.cannotBeJudged, 'too few calls: no count would be significant'],
  ] as const) {
    if (count > 0) lines.push(...wrap(`${grouped(count)} ${why}`, width, `${indent}- `, `${indent}  `));
  }
  if (unknown.seriesNeverJudged > 0 && unknown.seriesNeverJudged < unknown.series) {
    lines.push(
      ...wrap(`${counted(unknown.seriesNeverJudged, 'series has', 'series have')} no verdict at all`, width, indent),
    );
  }
  if (unknown.newSeries > 0 && unknown.judged > 0) {
    const added = counted(unknown.newSeries, 'series was', 'series were');
    lines.push(...wrap(`${added} first seen in this window, and judged like other new series`, width, indent));
  }
  lines.push(...quietLines(unknown.tooQuiet, window.to - window.from, width, indent, keyNamesOf(keys)));
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
  nameOf: KeyNames,
): string[] {
  if (quiet.series === 0) return [];
  const lines = wrap(
    `${grouped(quiet.series)} of ${counted(quiet.of, 'known series (outcomes apart)', 'known series (outcomes apart)')} ${quiet.series === 1 ? 'is' : 'are'} called too rarely for ${duration(length)} without calls to be significant. It would have to last:`,
    width,
    indent,
  );
  for (const series of quiet.listed.slice(0, NAMED))
    lines.push(...wrap(quietPhrase(series, nameOf), width, `${indent}- `, `${indent}  `));
  const more = quiet.series - Math.min(NAMED, quiet.listed.length);
  if (more > 0) lines.push(`${indent}- ${grouped(more)} more: longer`);
  return lines;
}

function quietPhrase({ key, timeToDetectSilence: time }: QuietSeries, nameOf: KeyNames): string {
  return `${seriesName(key, nameOf)}: ${time === null ? 'more than 90 days' : duration(time)}`;
}
