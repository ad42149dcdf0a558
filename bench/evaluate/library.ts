import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/index.js';
import { observeChunks } from '../../src/evaluate/index.js';
import { seriesSet, sliceWindow } from '../../src/series/index.js';
import { Random } from '../../src/simulate/random.js';
import { gridEnd } from '../../src/time/grid.js';
import type { FileSeries } from './files.js';
import type { Judge } from './fleet-run.js';
import type { LevelJudge } from './level-rivals.js';

/** What a build has to have to be judged. */
export interface JudgingLibrary {
  readonly fitBaseline: typeof fitBaseline;
  readonly Detector: typeof Detector;
}

/** The library as a user calls it. @param perWeek alert budget of the whole fleet */
export function library(perWeek: number, zones: 'given' | 'none', lib: JudgingLibrary): Judge {
  return (history, judged, { zoneOf }) => {
    const baseline = lib.fitBaseline(history, zones === 'given' ? { timeZone: zoneOf } : {});
    return observeInChunks(new lib.Detector(baseline, { alertBudget: { perWeek } }), judged);
  };
}

/** |surprise| of every judged bucket of a metric, with default options. */
export const libraryLevel: LevelJudge = ({ start, step, values, history }: FileSeries) => {
  const set = seriesSet({ start, step, measure: 'level', series: [{ key: { metric: 'value' }, values }] });
  const from = start + history * step;
  const detector = new Detector(fitBaseline(sliceWindow(set, start, from)));
  return observeInChunks(detector, sliceWindow(set, from, gridEnd(set.grid))).surprise.map(Math.abs);
};

function observeInChunks(detector: Detector, window: Parameters<Detector['observe']>[0]) {
  const random = new Random('chunks');
  return observeChunks(detector, window, () => random.uniform());
}
