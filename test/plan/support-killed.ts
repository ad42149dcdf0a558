import { deepStrictEqual, ok } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { open } from '../../src/alarm/sealed.js';
import type { KmsCall } from '../../src/kms/call.js';
import type { Health } from '../../src/plan/health.js';
import type { Notice } from '../../src/plan/notice.js';
import { VERSION } from '../../src/plan/watch-bytes.js';
import { bundle } from '../support/bundle.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, type Delivered, delivered, HOUR, MINUTE } from './support.js';

const START = Date.UTC(2026, 4, 4);
/** Where the judged fortnight begins: what lies before is learned from. */
const JUDGED = START + 14 * DAY;

const ARN = (i: number) => `arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-00000000000${i}`;

/** A month of a small company's calls with something amiss in its second half; some come late, some twice. */
function month(seed: number): Delivered[] {
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
const DOWN = { from: JUDGED + 10 * DAY, to: JUDGED + 10 * DAY + 6 * HOUR };
/** Nobody polls in these two days: the machine is off. */
const OFF = { from: JUDGED + 11 * DAY, to: JUDGED + 13 * DAY };

/**
 * A plan's module: a log, a clock and a notifier in files of its folder, so that all but the process outlives a kill.
 * With `KILL_AT`, the process kills itself at that one of the moments at which the world outside is touched.
 */
function planModule(): string {
  return `
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
const folder = new URL('.', import.meta.url);
const file = (name) => new URL(name, folder);
const { records, down, off, start, end } = JSON.parse(readFileSync(file('../world.json'), 'utf8'));
let left = Number(process.env.KILL_AT ?? Infinity);
const moment = () => { if (--left < 0) process.kill(process.pid, 'SIGKILL'); };
let time = existsSync(file('clock')) ? Number(readFileSync(file('clock'), 'utf8')) : start;
export default {
  name: 'month',
  purpose: 'Outlive every kill',
  owner: 'Tests',
  every: '2h',
  timeZone: 'UTC',
  state: 'state',
  // The ids of all fortnights are to be the same.
  stateId: 'month',
  sources: [{
    name: 'log',
    poll: ({ cursor, from, now }) => {
      moment();
      const after = typeof cursor === 'number' ? cursor : -Infinity;
      if (now >= down.from && now < down.to) return { calls: [], coverage: [], cursor };
      const calls = records.filter(({ at }) => at > after && at <= now).map(({ call }) => call);
      return { calls, coverage: [{ from: Math.max(from, after), to: now }], cursor: now };
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

/** What came of a fortnight: all that was told, in order and as often as it was, and the health at its end. */
export interface Fortnight {
  readonly told: readonly Notice[];
  readonly health: Health;
}

/** What came of many kills. */
export interface Kills {
  kills: number;
  fortnights: number;
  /** Kills after which there was a state on the disk; each was read. */
  states: number;
  /** Notices told a second time, under the same id as the first. */
  repeats: number;
}

/** Runs `kms-baseline watch` over the fortnight in processes of their own, and kills them. */
export class KilledWatch {
  readonly #home = mkdtempSync(join(tmpdir(), 'kms-baseline-'));
  readonly #program = join(this.#home, 'watch.mjs');
  #worlds = 0;

  constructor() {
    bundle('cli/watch.ts', join(this.#home, 'bundle.mjs'));
    writeFileSync(
      this.#program,
      `import { watch } from ${JSON.stringify(pathToFileURL(join(this.#home, 'bundle.mjs')).href)};
process.exitCode = await watch(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
`,
    );
    const all = { records: month(7), down: DOWN, off: OFF, start: JUDGED + 30 * MINUTE, end: JUDGED + 14 * DAY };
    writeFileSync(join(this.#home, 'world.json'), JSON.stringify(all));
  }

  /** A fortnight that nobody disturbs. */
  async undisturbed(): Promise<Fortnight> {
    const folder = this.#world();
    deepStrictEqual(await ended(this.#start(folder, {})), 'exit 0');
    return outcome(folder);
  }

  /**
   * Kills at random moments, through as many fortnights as that takes. Throws, and leaves the folder, when something is not
   * as in the undisturbed fortnight `clean`: a verdict or notice lost, one told under another id or with other words, a
   * state that cannot be read.
   * @param until asked before each kill: true when it is enough
   */
  async kill(clean: Fortnight, seed: number, until: (done: Readonly<Kills>) => boolean): Promise<Kills> {
    const random = seeded(seed);
    const done: Kills = { kills: 0, fortnights: 0, states: 0, repeats: 0 };
    while (!until(done)) {
      const folder = this.#world();
      const state = join(folder, 'state');
      for (let end = 'SIGKILL'; !until(done) && end === 'SIGKILL'; ) {
        // Half at a moment that touches the world, half at any time, so in the middle of saving too.
        const own = random() < 0.5;
        const child = this.#start(folder, own ? { KILL_AT: String(Math.floor(random() * 40)) } : {});
        const timer = own ? undefined : setTimeout(() => child.kill('SIGKILL'), 100 + random() * 900);
        end = await ended(child);
        clearTimeout(timer);
        ok(end === 'SIGKILL' || end === 'exit 0', `${folder}: ended with ${end}`);
        if (end === 'SIGKILL') done.kills++;
        if (!existsSync(state)) continue;
        open(readFileSync(state), 'PLAN', VERSION, `the state in ${folder}`);
        done.states++;
      }
      deepStrictEqual(await ended(this.#start(folder, {})), 'exit 0');
      done.repeats += compare(outcome(folder), clean, folder);
      done.fortnights++;
      rmSync(folder, { recursive: true });
    }
    return done;
  }

  /** Removes all that was written. */
  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  #world(): string {
    const folder = mkdtempSync(join(this.#home, `world-${this.#worlds++}-`));
    writeFileSync(join(folder, 'plan.mjs'), planModule());
    return folder;
  }

  #start(folder: string, environment: Record<string, string>): ChildProcess {
    const env = { ...process.env, ...environment };
    return spawn(process.execPath, [this.#program, 'plan.mjs'], { cwd: folder, env, stdio: 'ignore' });
  }
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? `exit ${code}`)));
}

function outcome(folder: string): Fortnight {
  const lines = readFileSync(join(folder, 'told.jsonl'), 'utf8').trim().split('\n');
  return {
    told: lines.map((line) => JSON.parse(line)),
    health: JSON.parse(readFileSync(join(folder, 'health.json'), 'utf8')),
  };
}

/** How many notices were told again; throws where a fortnight differs from the clean one in anything else. */
function compare({ told, health }: Fortnight, clean: Fortnight, folder: string): number {
  const byId = new Map<string, Notice>();
  for (const notice of told) {
    deepStrictEqual(notice, byId.get(notice.id) ?? notice, `${folder}: ${notice.id} was told in two ways`);
    byId.set(notice.id, notice);
  }
  deepStrictEqual([...byId.values()], clean.told, `${folder}: not the same was told`);
  const { polls: _, notices, ...rest } = health;
  const { polls: __, notices: cleanNotices, ...cleanRest } = clean.health;
  deepStrictEqual(rest, cleanRest, `${folder}: not the same was counted and judged`);
  deepStrictEqual(notices.decided, cleanNotices.decided, folder);
  return told.length - byId.size;
}
