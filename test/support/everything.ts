// What all entries export, as one: for tests of what holds of every public function.
export * from '../../src/alarm/index.js';
export * from '../../src/evaluate/index.js';
export * from '../../src/index.js';
export * from '../../src/kms/index.js';
export * from '../../src/plan/index.js';
export * from '../../src/report/index.js';
export * from '../../src/simulate/index.js';
