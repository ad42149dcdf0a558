import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { kmsRecord, logText, otherRecord, tempFolder, writeFile } from '../support/logs.js';

/** Makes logs so large that threads are worth their start. */
const NOTE = 'x'.repeat(1500);

const ENTRY = fileURLToPath(new URL('../../src/node/index.ts', import.meta.url));

/** A consumer's program: counts on threads, then ends early; it does not call process.exit. */
const PROGRAM = `
  import { countCloudTrail } from ${JSON.stringify(ENTRY)};
  const folder = process.argv[2];
  let workers = 0;
  process.on('worker', () => workers++);
  const alone = await countCloudTrail(folder, { threads: 1 });
  const shared = await countCloudTrail(folder, { threads: 2 });
  const started = workers;
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  const ended = await countCloudTrail(folder, { threads: 2, onRejected: onProgress, signal: controller.signal }).then(
    () => 'done',
    (error) => error.message,
  );
  const told = ({ set, stats, calls }) => JSON.stringify([set.keys, [...set.observed], stats, calls]);
  console.log(JSON.stringify({ started, calls: shared.calls.counted, crashes: shared.crashes.length, same: told(alone) === told(shared), ended }));
`;

it.each(['esm', 'cjs'] as const)(
  "a consumer's bundle (%s) counts on threads from an empty folder, and its process ends by itself",
  async (format) => {
    const logs = tempFolder();
    for (let file = 0; file < 8; file++) {
      const records = Array.from({ length: 1000 }, (_, i) =>
        (i % 2 === 0 ? kmsRecord : otherRecord)(file * 1000 + i, { note: NOTE }),
      );
      writeFile(logs, `${file}.json`, logText([{ eventSource: 'kms.amazonaws.com' }, ...records]));
    }
    const elsewhere = tempFolder();
    const bundle = join(elsewhere, format === 'esm' ? 'app.mjs' : 'app.cjs');
    await build({
      stdin: {
        contents:
          format === 'esm'
            ? PROGRAM
            : `(async () => {${PROGRAM.replace(/import (.*) from (.*);/, 'const $1 = require($2);')}})();`,
        resolveDir: elsewhere,
      },
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      target: 'node20',
      outfile: bundle,
    });
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, logs], { cwd: elsewhere, timeout: 25_000 });
    expect(JSON.parse(stdout)).toEqual({ started: 2, calls: 4000, crashes: 0, same: true, ended: 'enough' });
  },
);
