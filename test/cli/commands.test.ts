import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { violations } from '../support/json-schema.js';
import { KEY_ARN, START, tempFolder } from '../support/logs.js';
import { cli, DAY, flowing, HOUR, logFolder, recordAt, steady } from './traffic.js';

async function json(args: readonly string[]) {
  const { status, stdout, stderr } = await cli([...args, '--json']);
  expect([status, stderr], args.join(' ')).toEqual([0, '']);
  const found = JSON.parse(stdout);
  expect(violations(found, JSON.parse((await cli(['schema'])).stdout)), args.join(' ')).toEqual([]);
  return found;
}

describe('the commands together', () => {
  it('simulate, analyze, fit and score one shop, in the documented shape', { timeout: 120_000 }, async () => {
    const folder = tempFolder();
    const shop = await json(['simulate', '--out', folder, '--seed', '3', '--days', '16']);
    expect(shop.labels.map(({ kind }: { kind: string }) => kind)).toEqual(['outage', 'error-burst', 'spike']);
    expect(JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8'))).toHaveLength(3);
    const logs = join(folder, 'AWSLogs');

    const analysis = await json(['analyze', logs, '--time-zone', 'Europe/Berlin']);
    expect(analysis.calls.counted).toBe(shop.simulated.kmsRecords);
    const [first] = analysis.anomalies;
    expect(first.key).toMatchObject({ operation: 'Decrypt' });
    expect(first.callers[0].caller).toMatch(/role\/SupportConsole$/);

    const baseline = join(folder, 'keys.baseline');
    const callers = join(folder, 'keys.callers');
    const until = new Date(analysis.history.to).toISOString();
    const zone = ['--time-zone', 'Europe/Berlin'];
    const fitted = await json(['fit', logs, '--out', baseline, '--callers', callers, '--until', until, ...zone]);
    expect(fitted.baseline).toMatchObject({ bytes: statSync(baseline).size, timeZones: ['Europe/Berlin'] });

    // The same history and window in two steps give the same findings. A baseline knows every caller by itself, where analyze
    // leaves out those who are alone on their key: more series share the budget, and limits may be a call further.
    const scored = await json(['score', logs, '--baseline', baseline, '--callers', callers]);
    expect(scored.window).toEqual(analysis.window);
    const told = (found: typeof scored) =>
      found.anomalies.map(({ words }: { words: string }) => words.replace(/normal up to \d+/, 'normal up to N'));
    expect(told(scored)).toEqual(told(analysis));

    // Without the second file nobody is named.
    const { stdout } = await cli(['score', logs, '--baseline', baseline]);
    expect(flowing(stdout)).toMatch(/1\. Critical\. Decrypt on 0a1b63c4 .* calls \(expected/);
    expect(stdout).not.toContain('SupportConsole');
  });

  it('learn nothing of what comes after --until, not even which keys there are', async () => {
    const other = { resources: [{ ARN: KEY_ARN.replace('1234abcd', '9999abcd'), type: 'AWS::KMS::Key' }] };
    const known = steady(2 * DAY);
    const later = [...steady(DAY, START + 2 * DAY), recordAt(START + 2 * DAY + HOUR, other)];
    const bytesOf = async (records: readonly unknown[]) => {
      const out = join(tempFolder(), 'keys.baseline');
      const until = new Date(START + DAY).toISOString();
      expect((await cli(['fit', logFolder(records), '--out', out, '--until', until])).status).toBe(0);
      return readFileSync(out);
    };
    expect(await bytesOf([...known, ...later])).toEqual(await bytesOf(known));
  });

  it('refuse a baseline that is damaged, and a file that is none', async () => {
    const folder = tempFolder();
    const bad = join(folder, 'bad.baseline');
    writeFileSync(bad, 'KMSB is not enough');
    const { status, stderr } = await cli(['score', folder, '--baseline', bad]);
    expect(status).toBe(2);
    expect(stderr).toContain('--baseline must be a file that kms-baseline fit has written, got');
  });

  it('simulate the same logs from the same seed, and calm ones when asked', { timeout: 60_000 }, async () => {
    const [one, two] = [tempFolder(), tempFolder()];
    const args = ['--seed', '5', '--days', '2', '--quiet'];
    const [first, second] = [
      await json(['simulate', '--out', one, ...args]),
      await json(['simulate', '--out', two, ...args]),
    ];
    expect({ ...second, paths: [] }).toEqual({ ...first, paths: [] });
    expect(first.labels).toEqual([]);
    const { status, stderr } = await cli(['simulate', '--out', join(one, 'labels.json')]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('--out must be a folder that can be written to')]);
  });

  it('evaluate detection in the documented shape, and in tables', { timeout: 120_000 }, async () => {
    const args = ['evaluate', '--series', '12', '--seed', '2'];
    const found = await json(args);
    expect(found.fleets[0]).toMatchObject({ seed: 2, weeks: 2 });
    expect(found.fleets[0].found).toBeGreaterThan(found.fleets[0].events / 2);
    const { stdout } = await cli(args);
    expect(stdout).toMatch(/^incident +all +found$/m);
    expect(stdout).toContain(`${found.fleets[0].found}`);
  });

  it('write a page and Markdown where they are told to', { timeout: 60_000 }, async () => {
    const folder = tempFolder();
    await cli(['simulate', '--out', folder, '--days', '10']);
    const [html, markdown] = [join(folder, 'r.html'), join(folder, 'r.md')];
    await cli(['analyze', join(folder, 'AWSLogs'), '--html', html, '--markdown', markdown]);
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/);
    expect(readFileSync(markdown, 'utf8')).toMatch(/^# KMS usage in /);
    expect(existsSync(join(folder, 'labels.json'))).toBe(true);
  });

  it.each([...COMMANDS.keys()])('%s has help with an example, no wider than 80 columns', async (name) => {
    const { status, stdout } = await cli([name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: kms-baseline ${name}\\b`));
    expect(stdout).toMatch(new RegExp(`Examples?:\\n {2}kms-baseline ${name}\\b`));
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
