import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { KmsCall } from '../../src/kms/call.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, type Delivered, delivered, HOUR, MINUTE } from './support.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** The library as JavaScript in a folder of its own, with the packages it needs in reach: for child processes. */
export function transpiled(folder: string): string {
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.startsWith('aws')) continue;
    const path = join(folder, 'src', file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    const { outputText } = ts.transpileModule(readFileSync(join(SRC, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
    });
    writeFileSync(path, outputText);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(PACKAGES, join(folder, 'node_modules'), 'junction');
  return join(folder, 'src');
}

export const START = Date.UTC(2026, 4, 4);
/** Where the judged fortnight begins: what lies before is learned from. */
export const JUDGED = START + 14 * DAY;

const ARN = (i: number) => `arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-00000000000${i}`;

/** A month of a small company's calls with something amiss in its second half; some come late, some twice. */
export function month(seed: number): Delivered[] {
  const random = seeded(seed);
  const calls: KmsCall[] = [];
  const add = (time: number, operation: string, key: number, caller: string, error: string | null = null) => {
    calls.push({
      time: Math.floor(time),
      operation,
      keyArns: [ARN(key)],
      account: '111122223333',
      region: 'eu-central-1',
      caller: `arn:aws:iam::111122223333:role/${caller}`,
      error,
      eventId: `id-${calls.length}`,
      sharedEventId: null,
    });
  };
  const silent = { from: JUDGED + 5 * DAY + 9 * HOUR, to: JUDGED + 5 * DAY + 21 * HOUR };
  for (let time = START; time < START + 28 * DAY; time += 5 * MINUTE) {
    const hour = (time / HOUR) % 24;
    const rate = hour >= 7 && hour < 19 ? 3 : 0.5;
    if (time < silent.from || time >= silent.to) {
      for (let n = poisson(random, rate); n > 0; n--) add(time + random() * 5 * MINUTE, 'Decrypt', 1, 'Shop');
    }
    for (let n = poisson(random, 0.4); n > 0; n--) add(time + random() * 5 * MINUTE, 'GenerateDataKey', 2, 'Backup');
  }
  const spike = JUDGED + 2 * DAY + 3 * HOUR;
  for (let n = 0; n < 200; n++) add(spike + random() * 5 * MINUTE, 'Decrypt', 1, 'Shop');
  const burst = JUDGED + 8 * DAY + 15 * HOUR;
  for (let n = 0; n < 60; n++)
    add(burst + random() * 30 * MINUTE, 'GenerateDataKey', 2, 'Backup', 'AccessDeniedException');
  add(JUDGED + 3 * DAY, 'DisableKey', 2, 'Admin');
  add(JUDGED + 6 * DAY, 'Decrypt', 1, 'Stranger');
  calls.sort((a, b) => a.time - b.time);
  return delivered(calls, seed + 1);
}

/** While the log stands still. */
export const DOWN = { from: JUDGED + 10 * DAY, to: JUDGED + 10 * DAY + 6 * HOUR };
/** Nobody polls in these two days: the machine is off. */
export const OFF = { from: JUDGED + 11 * DAY, to: JUDGED + 13 * DAY };

/**
 * A plan's module: a log, a clock and a notifier in files of its folder, so that all but the process outlives a kill.
 * With `KILL_AT`, the process kills itself at that one of the moments at which the world outside is touched.
 */
export function planModule(): string {
  return `
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
const folder = new URL('.', import.meta.url);
const file = (name) => new URL(name, folder);
const { records, down, off, start, end } = JSON.parse(readFileSync(file('world.json'), 'utf8'));
let left = Number(process.env.KILL_AT ?? Infinity);
const moment = () => { if (--left < 0) process.kill(process.pid, 'SIGKILL'); };
let time = existsSync(file('clock')) ? Number(readFileSync(file('clock'), 'utf8')) : start;
export default {
  name: 'month',
  purpose: 'Outlive every kill',
  owner: 'Tests',
  every: '1h',
  timeZone: 'UTC',
  state: 'state',
  sources: [{
    name: 'log',
    poll: ({ cursor, from, now }) => {
      moment();
      const after = typeof cursor === 'number' ? cursor : -Infinity;
      if (now >= down.from && now < down.to) return { calls: [], listened: [], cursor };
      const calls = records.filter(({ at }) => at > after && at <= now).map(({ call }) => call);
      return { calls, listened: [{ from: Math.max(from, after), to: now }], cursor: now };
    },
  }],
  notify: [{
    name: 'file',
    tell: (notice) => {
      moment();
      appendFileSync(file('told.jsonl'), JSON.stringify(notice) + '\\n');
      moment();
    },
  }],
  clock: {
    now: () => time,
    sleep: async (ms) => {
      moment();
      if (time >= end) {
        process.kill(process.pid, 'SIGTERM');
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return;
      }
      time += ms;
      if (time >= off.from && time < off.to) time = off.to;
      writeFileSync(file('clock.new'), String(time));
      renameSync(file('clock.new'), file('clock'));
      moment();
    },
  },
  onHealth: (health) => writeFileSync(file('health.json'), JSON.stringify(health)),
};`;
}

/** A child's program: the command on a plan. */
export function program(src: string): string {
  return `
import { watch } from ${JSON.stringify(`${src}/cli/watch.js`)};
process.exitCode = await watch(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
`;
}
