export { type BuilderOptions, SeriesSetBuilder, type TimeRange } from './builder.js';
export { seriesFromBytes, seriesToBytes } from './codec-set.js';
export { concatSets } from './concat.js';
export { type CsvFormOptions, type CsvOptions, seriesFromCsv, seriesToCsv } from './csv.js';
export type { AbsentLines } from './csv-long.js';
export { keyId, type SeriesKey, seriesKey } from './key.js';
export { rowOf, type SeriesInput, type SeriesSet, type SparseCounts, seriesSet, valueAt } from './series-set.js';
export { selectRows, sliceWindow } from './slice.js';
