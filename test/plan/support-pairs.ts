import { deepStrictEqual, ok } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Notice } from '../../src/plan/notice.js';
import { bundle } from '../support/bundle.js';
import { seeded } from '../support/random.js';

/**
 * A plan whose source delivers and does not by turns, so that every poll has something to report. A run that goes on waits
 * until the other of its pair has ended before it polls or sends, or for so long that both would be at work.
 */
const PLAN = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
const file = (name) => new URL(name, import.meta.url);
const now = Date.parse('2026-06-01T00:00:00Z') + Number(process.env.ROUND) * 7_200_000;
const moment = (name) => { if (process.env.KILL === name) process.kill(process.pid, 'SIGKILL'); };
const otherEnded = async () => {
  for (let i = 0; i < 3000 && !existsSync(file('ended' + process.env.ROUND)); i++) await new Promise((done) => setTimeout(done, 10));
};
export default {
  name: 'pair', purpose: 'Start twice', owner: 'Tests', timeZone: 'UTC', every: '1h', learnFor: '6h', state: 'state', stateId: 'pair',
  clock: { now: () => now, sleep: async () => {} },
  sources: [{
    name: 'log',
    poll: async ({ from }) => {
      appendFileSync(file('polls'), process.pid + '\\n');
      await otherEnded();
      moment('poll');
      return { calls: [], coverage: Number(process.env.ROUND) % 2 === 0 ? [] : [{ from, to: now }], cursor: null };
    },
  }],
  notify: [{
    name: 'file',
    tell: async (notice) => {
      await otherEnded();
      moment('before');
      appendFileSync(file('told.jsonl'), JSON.stringify({ pid: process.pid, round: process.env.ROUND, notice }) + '\\n');
      moment('after');
    },
  }],
};`;

/** What came of so many pairs. */
export interface Pairs {
  pairs: number;
  /** Of the runs that went on, those that were killed on the way. */
  killed: number;
  notices: number;
  /** Notices that came again, under the same id, since the run before was killed behind them. */
  repeats: number;
}

interface Line {
  readonly pid: number;
  readonly round: string;
  readonly notice: Notice;
}

/**
 * Starts pairs of runs of one plan at the same moment, and kills some of those that go on. Throws, and leaves the folder,
 * unless in each pair one goes on and the other ends with 2 before it has polled or notified; and when a notice is lost, comes
 * under two ids, or one id stands for two notices.
 */
export async function runPairs(count: number, seed: number): Promise<Pairs> {
  const home = mkdtempSync(join(tmpdir(), 'kms-baseline-'));
  bundle('cli/watch.ts', join(home, 'bundle.mjs'));
  const program = join(home, 'watch.mjs');
  writeFileSync(
    program,
    `import { watch } from ${JSON.stringify(pathToFileURL(join(home, 'bundle.mjs')).href)};
process.exitCode = await watch(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
`,
  );
  writeFileSync(join(home, 'plan.mjs'), PLAN);
  const random = seeded(seed);
  const done: Pairs = { pairs: 0, killed: 0, notices: 0, repeats: 0 };
  for (; done.pairs < count; done.pairs++) {
    const round = String(done.pairs);
    const kill = ['', '', 'poll', 'before', 'after'][Math.floor(random() * 5)];
    const env = { ...process.env, ROUND: round, KILL: kill };
    const ends: { readonly pid: string; readonly end: string }[] = [];
    const start = (): Promise<void> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [program, 'plan.mjs', '--once'], { cwd: home, env, stdio: 'ignore' });
        child.on('close', (code, signal) => {
          ends.push({ pid: String(child.pid), end: signal ?? `exit ${code}` });
          writeFileSync(join(home, `ended${round}`), '');
          resolve();
        });
      });
    await Promise.all([start(), start()]);
    const what = `${home}: pair ${round} ended with ${ends.map(({ end }) => end)}`;
    const [loser, other] = ends[0].end === 'exit 2' ? ends : [...ends].reverse();
    deepStrictEqual(loser.end, 'exit 2', what);
    ok(other.end === 'exit 0' || other.end === 'SIGKILL', what);
    if (other.end === 'SIGKILL') done.killed++;
    const polls = existsSync(join(home, 'polls')) ? readFileSync(join(home, 'polls'), 'utf8').trim().split('\n') : [];
    ok(!polls.includes(loser.pid), `${home}: both of pair ${round} polled`);
    // Killed while it sent what a run before had left, it has not come to that.
    if (other.end === 'exit 0') ok(polls.includes(other.pid), `${home}: none of pair ${round} polled`);
    rmSync(join(home, 'polls'), { force: true });
    rmSync(join(home, `ended${round}`));
  }
  check(home, done);
  rmSync(home, { recursive: true });
  return done;
}

function check(home: string, done: Pairs): void {
  const path = join(home, 'told.jsonl');
  const lines: Line[] = existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const pids = new Map<string, Set<number>>();
  const byId = new Map<string, Notice>();
  const byContent = new Map<string, string>();
  for (const { pid, round, notice } of lines) {
    pids.set(round, (pids.get(round) ?? new Set()).add(pid));
    deepStrictEqual(notice, byId.get(notice.id) ?? notice, `${home}: ${notice.id} stands for two notices`);
    if (byId.has(notice.id)) done.repeats++;
    byId.set(notice.id, notice);
    const content = JSON.stringify([notice.at, notice.kind, notice.state, notice.text]);
    deepStrictEqual(byContent.get(content) ?? notice.id, notice.id, `${home}: one notice under two ids`);
    byContent.set(content, notice.id);
  }
  for (const [round, those] of pids) deepStrictEqual(those.size, 1, `${home}: both of pair ${round} notified`);
  // They are numbered: none may be missing before the last that came.
  const numbers = [...byId.keys()].map((id) => Number(id.split('-')[1])).sort((a, b) => a - b);
  deepStrictEqual(
    numbers,
    numbers.map((_, i) => i + 1),
    `${home}: a notice was lost`,
  );
  done.notices = byId.size;
}
