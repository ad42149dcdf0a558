#!/usr/bin/env node
import { runCli } from './run.js';

// `kms-baseline … | head` closes the pipe: nobody is there to be told anything. A full disk is another matter.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`kms-baseline: the result could not be written: ${error.message}\n`);
  process.exit(2);
});

const interrupt = new AbortController();
const stop = (): void => interrupt.abort();
process.once('SIGINT', stop);

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  signal: interrupt.signal,
  environment: process.env,
  clock: () => performance.now(),
  now: () => Date.now(),
  // Then Ctrl-C ends the program at once, as it does by default.
  onRead: () => process.removeListener('SIGINT', stop),
};
void runCli(process.argv.slice(2), io).then((status) => {
  // Set rather than exit: what was written to a pipe may still be on its way.
  process.exitCode = status;
});
