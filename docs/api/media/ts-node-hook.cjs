// Named in tsconfig.json under "ts-node".require: lets the bare `ts-node` command run this
// package's ES-module notebooks on Node >= 20.6, where ts-node 10.9's own --esm flag fails.
const { isMainThread } = require('node:worker_threads');
const { register } = require('node:module');
const { pathToFileURL } = require('node:url');

const once = Symbol.for('kms-baseline.ts-node-hook');
process.setSourceMapsEnabled(true);
// ts-node maps lines only for what its own thread compiled; Node itself maps the rest.
Error.prepareStackTrace = undefined;
if (isMainThread && !process[once]) {
  process[once] = true;
  register('./ts-node-loader.mjs', pathToFileURL(__filename));
}
