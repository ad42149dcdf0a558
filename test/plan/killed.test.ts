import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open } from '../../src/alarm/sealed.js';
import { fileStore } from '../../src/node/file-store.js';
import type { Health, Notice } from '../../src/plan/index.js';
import { seeded } from '../support/random.js';
import { DAY } from './support.js';
import { DOWN, JUDGED, month, OFF, planModule, program, transpiled } from './support-killed.js';

/** Set by `npm run soak`. */
const KILLS = Number(process.env['KMS_BASELINE_KILLS'] ?? 20);

let src: string;
let clean: { told: Notice[]; health: Health };

beforeAll(async () => {
  src = transpiled(newFolder());
  const folder = world();
  const child = start(folder, {});
  expect(await ended(child)).toBe('exit 0');
  clean = outcome(folder);
}, 120_000);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-'));
  folders.push(folder);
  return folder;
}

function world(): string {
  const folder = newFolder();
  const all = { records: month(7), down: DOWN, off: OFF, start: JUDGED + 1_800_000, end: JUDGED + 14 * DAY };
  writeFileSync(join(folder, 'world.json'), JSON.stringify(all));
  writeFileSync(join(folder, 'plan.mjs'), planModule());
  writeFileSync(join(folder, 'main.mjs'), program(src));
  return folder;
}

function start(folder: string, environment: Record<string, string>): ChildProcess {
  const env = { ...process.env, ...environment };
  return spawn(process.execPath, ['main.mjs', 'plan.mjs'], {
    cwd: folder,
    env,
    stdio: 'ignore',
  });
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? `exit ${code}`)));
}

function outcome(folder: string): { told: Notice[]; health: Health } {
  const lines = readFileSync(join(folder, 'told.jsonl'), 'utf8').trim().split('\n');
  return {
    told: lines.map((line) => JSON.parse(line)),
    health: JSON.parse(readFileSync(join(folder, 'health.json'), 'utf8')),
  };
}

describe('kms-baseline watch', () => {
  it('tells of what happened in the month, and nothing twice, when nothing goes wrong', () => {
    const { told, health } = clean;
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    const texts = told.map(({ state, text }) => `${state} ${text}`).join('\n');
    expect(texts).toMatch(/^ALARM Decrypt on 1234abcd.* 2\d\d calls/m);
    expect(texts).toMatch(/^ALARM .*no call since/m);
    expect(texts).toMatch(/^ALARM DisableKey on 1234abcd .* by role\/Admin\./m);
    expect(texts).toMatch(/^ALARM role\/Stranger used 1234abcd .* for the first time/m);
    expect(texts).toMatch(/^INSUFFICIENT_DATA Nothing was heard from log for/m);
    expect(texts).toMatch(/^OK log is heard from again/m);
    expect(health).toMatchObject({ phase: 'watching', rejected: 0, notices: { decided: told.length, waiting: 0 } });
    expect(health.late).toBeGreaterThan(0);
    expect(health.duplicates).toBeGreaterThan(0);
  });

  it(`killed ${KILLS} times at any moment, it loses no verdict and no notice, and tells none under another id`, {
    timeout: 60_000 + KILLS * 6_000,
  }, async () => {
    const random = seeded(Number(process.env['KMS_BASELINE_SEED'] ?? 1));
    for (let killed = 0; killed < KILLS; ) {
      const folder = world();
      const state = join(folder, 'state');
      // A fortnight that comes to its end before is followed by another.
      for (let end = 'SIGKILL'; killed < KILLS && end === 'SIGKILL'; ) {
        // Half at a moment that touches the world, half at any time, so in the middle of saving too.
        const own = random() < 0.5;
        const child = start(folder, own ? { KILL_AT: String(Math.floor(random() * 30)) } : {});
        const timer = own ? undefined : setTimeout(() => child.kill('SIGKILL'), 250 + random() * 400);
        end = await ended(child);
        clearTimeout(timer);
        expect(['SIGKILL', 'exit 0']).toContain(end);
        if (end === 'SIGKILL') killed++;
        // Whatever moment it was, the state is a whole one.
        if (existsSync(state)) open(readFileSync(state), 'PLAN', 2, 'the state');
      }
      const last = start(folder, {});
      expect(await ended(last)).toBe('exit 0');
      const { told, health } = outcome(folder);
      const byId = new Map<string, Notice>();
      for (const notice of told) {
        // Told again, a notice is the same.
        expect(byId.get(notice.id) ?? notice).toEqual(notice);
        byId.set(notice.id, notice);
      }
      expect([...byId.values()]).toEqual(clean.told);
      for (const part of [
        'settledUntil',
        'verdicts',
        'calls',
        'duplicates',
        'late',
        'calibration',
        'corrected',
      ] as const) {
        expect(health[part], part).toEqual(clean.health[part]);
      }
      expect(await fileStore(state).load()).not.toBeNull();
    }
  });
});
