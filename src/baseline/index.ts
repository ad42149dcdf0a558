export { type Band, Baseline, type BaselineSummary } from './baseline.js';
export { type FitOptions, fitBaseline } from './fit.js';
export { CANDIDATE_ZONES } from './zones.js';
