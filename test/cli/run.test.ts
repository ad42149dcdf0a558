import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { runCli } from '../../src/cli/run.js';
import { cli, DAY, logFolder, steady } from './traffic.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe('kms-baseline', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(await cli(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect((await cli(['-v'])).stdout).toBe(`${version}\n`);
  });

  it.each(['--help', '-h', 'analyze logs --bad -h', ...[...COMMANDS.keys()].map((name) => `${name} --help`)])(
    'helps with %s',
    async (line) => {
      const { status, stdout, stderr } = await cli(line.split(' '));
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Usage: kms-baseline ');
      expect(stdout).toMatch(/Examples?:\n {2}kms-baseline /);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      expect(stdout).not.toMatch(/^ {2}--[a-z-]+ <[^>]+>[^\s,]/m);
    },
  );

  it('leaves Ctrl-C to the system before it evaluates, which waits for nothing', async () => {
    const stages: string[] = [];
    const stdout = { write: () => stages.push('printed') };
    const io = { stdout, stderr: { write: () => true }, onRead: () => stages.push('let go') };
    expect(await runCli(['evaluate', '--series', '1'], io)).toBe(0);
    expect(stages.slice(0, 2)).toEqual(['let go', 'printed']);
  });

  it('shows its help, as a mistake, when nothing is asked', async () => {
    const { status, stdout, stderr } = await cli([]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: kms-baseline <command>');
  });

  it('says what is wrong on stderr, in a line without control characters', async () => {
    expect(await cli(['analyse\u001b[2J'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'kms-baseline: Unknown command "analyse\\u001b[2J". Commands: analyze, fit, score, live, watch, init, snapshots, keys, alarms, validate, export, simulate, evaluate, schema; for example kms-baseline analyze <paths…>\nSee kms-baseline --help.\n',
    });
    expect((await cli(['analyze', 'logs', '--budget', 'much\u009b'])).stderr).toMatch(
      /^kms-baseline: --budget must be .*, got "much\\x9b"\nSee kms-baseline analyze --help\.\n$/,
    );
  });

  it('shows progress on a terminal only, in one line that is gone at the end', async () => {
    const folder = logFolder(steady(3 * DAY));
    expect((await cli(['analyze', folder])).stderr).toBe('');
    const { stdout, stderr } = await cli(['analyze', folder], { tty: true, columns: 50 });
    expect(stdout).not.toContain('\r');
    const lines = stderr.split('\r');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.at(-3)).toMatch(/^reading 100 %: 1 of 1 file/);
    expect(lines.at(-2)).toMatch(/^ +$/);
    expect(lines.at(-1)).toBe('');
    expect(stderr).not.toContain('\n');
    for (const line of lines) expect(line.length).toBeLessThan(50);
  });

  it('fits its text to the terminal, but for what must not be broken', async () => {
    const { stdout } = await cli(['analyze', logFolder(steady(3 * DAY))], { tty: true, columns: 80 });
    for (const line of stdout.split('\n')) if (!/arn:|\/tmp\//.test(line)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('ends with 130 when it is interrupted', async () => {
    const interrupt = new AbortController();
    interrupt.abort();
    expect(await cli(['analyze', logFolder(steady(3 * DAY))], { signal: interrupt.signal })).toEqual({
      status: 130,
      stdout: '',
      stderr: 'kms-baseline: interrupted\n',
    });
  });
});

const program = `${ROOT}dist/cli/index.js`;

describe.skipIf(!existsSync(program))('the built program', () => {
  it('gives its exit status to the shell', async () => {
    await expect(run(process.execPath, [program, 'analyze'])).rejects.toMatchObject({ code: 2, stdout: '' });
    await expect(run(process.execPath, [program, '--version'])).resolves.toMatchObject({ stderr: '' });
  });

  it('ends quietly when nobody reads on', async () => {
    const command = `"$0" "$1" analyze "$2" --json --last 12h | head -c 10`;
    const { stdout, stderr } = await run('sh', ['-c', command, process.execPath, program, `${ROOT}data/logs`]);
    expect([stdout, stderr]).toEqual(['{\n  "schem', '']);
  });
});
