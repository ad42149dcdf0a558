import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { watch } from '../../src/cli/watch.js';
import { InputError } from '../../src/errors.js';
import { tempFolder } from '../support/logs.js';

const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));
const PLAN = {
  purpose: 'Watch the company’s keys',
  owner: 'Security',
  every: '5m',
  learnFor: '1w',
  timeZone: 'Europe/Berlin',
  sources: [{ folder: 'logs' }],
  notify: [{ console: true }, { jsonLines: 'notices.jsonl' }],
};

/** A folder with a plan; what the command prints. */
function planned(plan: object, module = false) {
  const folder = tempFolder();
  const path = join(folder, module ? 'plan.mjs' : 'plan.json');
  writeFileSync(path, module ? `export default ${JSON.stringify(plan)}` : JSON.stringify(plan));
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const run = (...args: string[]) => watch([path, ...args], { stdout: output('stdout'), stderr: output('stderr') });
  return { folder, path, texts, run };
}

describe('kms-baseline watch', () => {
  it('explains a plan, and does nothing', async () => {
    const { folder, texts, run } = planned(PLAN);
    expect(await run('--explain')).toBe(0);
    expect(texts.stdout).toContain('What for?        Watch the company’s keys\n');
    expect(texts.stdout).toContain(
      '; time zone Europe/Berlin\nFrom when?       the first poll learns from 6 days of history;',
    );
    expect(texts.stdout).toMatch(/\nFirst poll {7}at \S+Z, it reports what happened since \S+Z\n$/);
    expect(existsSync(join(folder, 'plan.json.state'))).toBe(false);
  });

  it.each([false, true])('follows a folder of logs from one run to the next (module: %s)', async (module) => {
    const { folder, path, texts } = planned(PLAN, module);
    // The bundled logs have a file a day, and end on 2 June 2026: that day is now.
    const copy = (filter: (name: string) => boolean) => cpSync(LOGS, join(folder, 'logs'), { recursive: true, filter });
    copy((name) => !name.includes('20260602'));
    writeFileSync(
      join(folder, 'now.mjs'),
      `import plan from ${JSON.stringify(module ? './plan.mjs' : './plan.json')}${module ? '' : ' with { type: "json" }'};
       let time = Date.parse(process.env.NOW_FOR_TEST ?? '');
       export default { ...plan, name: 'company', clock: { now: () => time, sleep: async () => {} } };`,
    );
    const at = async (now: string, file: string) => {
      const text = readFileSync(join(folder, 'now.mjs'), 'utf8');
      writeFileSync(join(folder, file), text.replace("process.env.NOW_FOR_TEST ?? ''", JSON.stringify(now)));
      const output = { write: (line: string) => (texts.stdout += line) };
      return watch([join(folder, file), '--once', '--state', join(folder, 'state')], {
        stdout: output,
        stderr: output,
      });
    };
    expect(path).toContain('plan');
    expect(await at('2026-06-02T12:00:00Z', 'first.mjs')).toBe(0);
    const first = texts.stdout;
    expect(first).not.toContain('SupportConsole made');
    copy(() => true);
    expect(await at('2026-06-02T23:50:00Z', 'second.mjs')).toBe(0);
    const second = texts.stdout.slice(first.length);
    expect(second).toMatch(
      /ALARM anomaly \[company-\d+-\w{8}\] High\. Decrypt on 0a1b63c4 .* role\/SupportConsole made \d+ of them/,
    );
    const notices = readFileSync(join(folder, 'notices.jsonl'), 'utf8').trim().split('\n');
    const ids = notices.map((line) => JSON.parse(line).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(texts.stdout.match(/\[company-\d+-\w{8}\]/g)?.length).toBe(ids.length);
    expect(texts.stdout).toMatch(
      /kms-baseline: watching, \d+ min behind, reports what happened since 2026-06-01T11:45Z;/,
    );
  });

  it('replays the bundled month: its five incidents, and nothing is sent or kept', async () => {
    const { folder, texts, run } = planned({ ...PLAN, every: '15m', learnFor: '2w', sources: [{ folder: LOGS }] });
    expect(await run('--replay', '--from', '2026-06-02')).toBe(0);
    const lines = texts.stdout.split('\n');
    expect(lines[0]).toBe(
      'Replay of watch-the-company-s-keys: what happened 2026-06-02 00:00 – 2026-06-03 02:00 Europe/Berlin',
    );
    const opened = lines.filter((line) =>
      /^2026-06-0\d \d\d:\d\d {2}ALARM {2}(anomaly|change) {2}#\d {2}(?!Update)/.test(line),
    );
    // data/labels.json: off-hours, outage, error burst, spike, a key disabled again and again.
    expect(opened).toHaveLength(5);
    for (const [i, found] of [
      /GenerateDataKey on 2c3d85e6 .* role\/BackOffice made all/,
      /on 1b2c74d5 .*: no calls since .* role\/PaymentGateway stopped/,
      /Decrypt .* role\/CiSandbox made all \d+.*AccessDenied/,
      /Decrypt on 0a1b63c4 .* role\/SupportConsole made \d+ of them/,
      /DisableKey on 6071c92a .* by role\/KeyAdmin/,
    ].entries()) {
      expect(opened[i]).toMatch(found);
    }
    expect(texts.stdout).toMatch(
      /\n\d+ notices in 1 day 2 h for console, notices.jsonl: 4 incidents \(.*\), 1 change\n/,
    );
    expect(readdirSync(folder)).toEqual(['plan.json']);
    texts.stdout = '';
    expect(await run('--replay', '--from', '2026-06-02T13:00+02:00', '--to', '2026-06-02T18:00+02:00', '--json')).toBe(
      0,
    );
    const json = JSON.parse(texts.stdout);
    expect(json).toMatchObject({ command: 'watch', from: '2026-06-02T11:00:00.000Z', to: '2026-06-02T16:00:00.000Z' });
    expect(json.notices[0]).toMatchObject({ sentAt: expect.any(String), schemaVersion: 1, kind: 'anomaly' });
  });

  it('replays for whom each notice is, where a notifier takes some only', async () => {
    const notify = [
      { console: true },
      { jsonLines: 'opened.jsonl', changes: ['opened'] },
      { file: 'health.log', kinds: ['health'] },
    ];
    const { texts, run } = planned({ ...PLAN, every: '15m', learnFor: '2w', sources: [{ folder: LOGS }], notify });
    expect(await run('--replay', '--from', '2026-06-02T16:00+02:00', '--to', '2026-06-02T18:00+02:00')).toBe(0);
    const kinds = (pattern: RegExp) => texts.stdout.split('\n').filter((line) => pattern.test(line)).length;
    const [opened, closed] = [
      kinds(/ALARM {2}anomaly {2}#\d {2}for console, opened.jsonl {2}/),
      kinds(/OK {2}anomaly {2}#\d {2}for console {2}/),
    ];
    expect([opened, closed]).toEqual([1, 1]);
    expect(texts.stdout).toMatch(
      /\n2 notices in 2 h for console \(2\), opened.jsonl \(1\), health.log \(0\): 1 incident /,
    );
  });

  it('ends with 2 when the state cannot be kept or read, and says so in a line', async () => {
    const { folder, texts, run } = planned({ ...PLAN, notify: [{ console: true }] });
    mkdirSync(join(folder, 'logs'));
    expect(await run('--once', '--state', join(folder, 'none', 'state'))).toBe(2);
    expect(texts.stderr).toMatch(
      /^kms-baseline: The state could not be kept in .*: its folder does not exist \(ENOENT\)\n$/,
    );
    writeFileSync(join(folder, 'broken'), 'no state');
    texts.stderr = '';
    expect(await run('--once', '--state', join(folder, 'broken'))).toBe(2);
    expect(texts.stderr).toMatch(
      /^kms-baseline: The state in .*broken cannot be used: bytes are not those of the state of a plan.*\. Go back to a snapshot of it \(kms-baseline snapshots\), or begin anew with another one \(--state\)\n$/,
    );
    expect(readFileSync(join(folder, 'broken'), 'utf8')).toBe('no state');
  });

  it('ends a single poll with 3 when a source fails, and says which; tells nobody when another run keeps the state', async () => {
    const { folder, texts, run } = planned({ ...PLAN, notify: [{ console: true }] });
    mkdirSync(join(folder, 'logs'));
    expect(await run('--once')).toBe(0);
    renameSync(join(folder, 'logs'), join(folder, 'unmounted'));
    expect(await run('--once')).toBe(3);
    expect(texts.stderr).toMatch(/kms-baseline: source logs: .*; tried again next time\n/);
    expect(texts.stderr).toMatch(/kms-baseline: coverage, last 24 h: logs 0 %\nkms-baseline: logs fails: /);
    const path = join(folder, 'racing.mjs');
    const state = join(folder, 'plan.json.state');
    writeFileSync(
      path,
      `import { appendFileSync } from 'node:fs';
       const { default: plan } = await import('./plan.json', { with: { type: 'json' } });
       const poll = () => { appendFileSync(${JSON.stringify(state)}, 'x'); return { calls: [], coverage: [], cursor: null }; };
       export default { ...plan, name: 'watch-the-company-s-keys', state: 'plan.json.state', sources: [{ name: 'logs', poll }] };`,
    );
    const output = { write: (text: string) => (texts.stderr += text) };
    expect(await watch([path, '--once'], { stdout: output, stderr: output })).toBe(2);
    expect(texts.stderr).toMatch(/kms-baseline: another run of the plan has kept its state in .* meanwhile/);
  });

  it('refuses a mistyped folder before anybody is notified', async () => {
    const { folder, texts, run } = planned({ ...PLAN, sources: [{ folder: 'logs' }, { folder: 'lgos' }] });
    mkdirSync(join(folder, 'logs'));
    await expect(run('--once')).rejects.toThrow(InputError);
    await expect(run('--once')).rejects.toThrow('paths must name files and folders that exist, got');
    expect(texts.stdout).toBe('');
    expect(readdirSync(folder).sort()).toEqual(['logs', 'plan.json']);
  });

  it.each([
    [{ ...PLAN, every: '5 min' }, 'plan.every must be a length of time'],
    [{ ...PLAN, owner: undefined }, 'plan.owner must be a text'],
    [{ ...PLAN, sources: [{ folder: '' }] }, 'plan.sources[0].folder must be a path'],
    [
      { ...PLAN, notify: [{ webhook: { env: 'NO_SUCH_VARIABLE_SET' } }] },
      'the environment variable NO_SUCH_VARIABLE_SET to be set',
    ],
    [{ ...PLAN, exclude: [{ from: '2026-13-01', to: '2026-12-02' }] }, 'plan.exclude[0].from must be an ISO 8601 time'],
    [{ ...PLAN, state: 3 }, 'plan.state must be a path, s3://<bucket>/<key>'],
    [{ ...PLAN, answerWithin: '5 min' }, 'plan.answerWithin must be a length of time'],
    [{ ...PLAN, answerWithin: 0 }, 'answerWithin must be an integer in'],
  ])('names what is wrong with a plan (%#)', async (plan, message) => {
    await expect(planned(plan).run()).rejects.toThrow(InputError);
    await expect(planned(plan).run()).rejects.toThrow(message);
  });

  it('names what is wrong with the command', async () => {
    const { run, path } = planned(PLAN);
    const io = { stdout: { write: () => 0 }, stderr: { write: () => 0 } };
    await expect(watch([], io)).rejects.toThrow('watch needs exactly one plan file, got 0');
    await expect(run('--twice')).rejects.toThrow('Unknown option "--twice" for watch');
    await expect(run('--state')).rejects.toThrow('--state needs a value');
    await expect(run('--once', '--replay')).rejects.toThrow('--once and --replay exclude each other');
    await expect(run('--replay', '--state', 's')).rejects.toThrow('--replay neither reads nor keeps a state');
    await expect(run('--from', '2026-06-01')).rejects.toThrow('--from needs --replay');
    await expect(run('--replay', '--from', 'monday')).rejects.toThrow('--from must be an ISO 8601 time');
    await expect(watch([`${path}.txt`], io)).rejects.toThrow('a plan must be a file .json, .mjs or .js');
    await expect(watch([path.replace('plan.', 'none.')], io)).rejects.toThrow('cannot be read: ENOENT');
  });
});
