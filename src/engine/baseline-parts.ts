import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import type { CivilDays } from '../time/civil-days.js';
import type { TimeGrid } from '../time/grid.js';
import type { KeptModel } from './counts/model.js';
import type { GaugeModel } from './levels/model.js';
import type { KeptZone } from './zone-variants.js';

/** What a Baseline is made of: plain data. */
export interface BaselineParts {
  readonly measure: SeriesSet['measure'];
  readonly keys: readonly SeriesKey[];
  readonly grid: TimeGrid;
  readonly support: number;
  /** `[keys]` for counts, empty for levels. */
  readonly models: readonly KeptModel[];
  /** `[keys]` for levels, empty for counts. */
  readonly gauges: readonly GaugeModel[];
  /** `[keys]`: the zone that was given or found, with its offsets over the history and some time after it. */
  readonly zones: readonly KeptZone[];
  /** The zone of keys that are new; `undefined` where none was given for all. */
  readonly defaultZone: KeptZone | undefined;
  /** The calendar of keys that are new; those of the others are with their zones. */
  readonly defaultDays: CivilDays | undefined;
}
