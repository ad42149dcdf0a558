export * from './baseline/index.js';
export { FormatError, InputError } from './errors.js';
export * from './evaluate/index.js';
export * from './kms/index.js';
export * from './report/index.js';
export * from './score/index.js';
export * from './series/index.js';
export * from './simulate/index.js';
export * from './time/index.js';
