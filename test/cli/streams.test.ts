import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seriesFromCsv } from '../../src/series/csv.js';
import { logText, START, tempFolder } from '../support/logs.js';
import { burst, cli, DAY, HOUR, logFolder, steady } from './traffic.js';

const records = [...steady(4 * DAY), ...burst(START + 3 * DAY + 12 * HOUR, 400)];
const logsOf = () => logFolder(records);

/** Bytes in pieces, as a pipe hands them over. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

describe('- as a path', () => {
  it('reads a log that is piped in, gzipped or not, as from a file', async () => {
    const withoutPaths = (text: string) => ({ ...JSON.parse(text), paths: [] });
    const fromFile = withoutPaths((await cli(['analyze', logsOf(), '--json'])).stdout);
    const text = logText(records);
    for (const bytes of [new TextEncoder().encode(text), gzipSync(text)]) {
      const { status, stdout, stderr } = await cli(['analyze', '-', '--json'], { stdin: pieces(bytes) });
      expect([status, stderr]).toEqual([0, '']);
      const { logs: read, ...rest } = withoutPaths(stdout);
      expect({ ...rest, logs: { ...read, bytes: fromFile.logs.bytes } }).toEqual(fromFile);
    }
  });

  it('is refused beside others, and where nothing is piped in', async () => {
    expect((await cli(['analyze', '-', logsOf()], { stdin: pieces(new Uint8Array(0)) })).stderr).toContain(
      '- is the log that is piped in, and goes with no other path',
    );
    expect((await cli(['analyze', '-'])).stderr).toContain('- needs a log that is piped in');
  });

  it.each([
    ['--markdown', /^# KMS usage in /],
    ['--html', /^<!doctype html>/i],
    ['--csv', /^time,key,operation,calls,expected,lower,upper,verdict,/],
    ['--findings-csv', /^id,severity,kind,verdict,from,to,key,operation,calls,/],
  ])('stands for standard output after %s, in place of the text', async (flag, begin) => {
    const { status, stdout, stderr } = await cli(['analyze', logsOf(), flag, '-']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(begin);
    expect(stdout).not.toContain('most severe first\n\n 1.');
  });

  it('stands for one output only', async () => {
    const { status, stderr } = await cli(['analyze', logsOf(), '--csv', '-', '--json']);
    expect(status).toBe(2);
    expect(stderr).toContain('standard output holds one of --json, --csv: give the others a file');
    expect((await cli(['analyze', logsOf(), '--csv', '-', '--html', '-'])).status).toBe(2);
  });
});

describe('--csv and --findings-csv', () => {
  it('write what was judged, and what was found, as files for a spreadsheet or a data frame', async () => {
    const folder = tempFolder();
    const [scores, findings] = [join(folder, 'scores.csv'), join(folder, 'findings.csv')];
    const run = await cli(['analyze', logsOf(), '--csv', scores, '--findings-csv', findings]);
    expect(run.stderr).toBe(`written: ${scores}\nwritten: ${findings}\n`);
    expect(run.stdout).toContain('1 anomaly in 1 day');
    const set = seriesFromCsv(readFileSync(scores, 'utf8'));
    expect(set.grid).toEqual({ start: START + 3 * DAY, step: 300_000, length: 288 });
    const lines = readFileSync(findings, 'utf8').trim().split('\r\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines[1]).toMatch(/,above,2[\dT:.-]+Z,2[\dT:.-]+Z,.*Decrypt,40\d,.*user\/mallory 400.*\bHigh\./);
  });
});
