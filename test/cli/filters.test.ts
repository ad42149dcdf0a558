import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { START, tempFolder } from '../support/logs.js';
import { burst, cli, DAY, flowing, HOUR, logFolder, recordAt, steady } from './traffic.js';

const AT = START + 2 * DAY + 10 * HOUR;
const folder = () =>
  logFolder([
    ...steady(3 * DAY),
    ...burst(AT, 300),
    recordAt(AT + 3 * HOUR, { eventName: 'Sign', userIdentity: { type: 'AWSService', invokedBy: 's3.amazonaws.com' } }),
  ]);

describe('filters of analyze', () => {
  it('show what was asked for, count the rest, and end with the summary', async () => {
    const logs = folder();
    const whole = JSON.parse((await cli(['analyze', logs, '--json'])).stdout) as { anomalies: { kind: string }[] };
    expect(whole.anomalies.map(({ kind }) => kind).sort()).toEqual(['first-seen', 'spike']);
    const { stdout, status } = await cli([
      'analyze',
      logs,
      '--operation',
      'Sign',
      '--operation',
      'Decrypt',
      '--top',
      '1',
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain('\n\n1 of 2 anomalies');
    const end = 'Showing 1 of 2 anomalies: --operation Sign --operation Decrypt --top 1.';
    expect(flowing(stdout.slice(stdout.lastIndexOf('\n\n')))).toContain(end);
    const low = await cli(['analyze', logs, '--severity', 'high', '--caller', 'mallory', '--json']);
    expect(JSON.parse(low.stdout)).toMatchObject({
      anomalies: [{ kind: 'spike', severity: 'high' }],
      filtered: { shown: 1, of: 2, filter: { severity: 'high', caller: ['mallory'] } },
    });
  });

  it('decide by what is shown whether there is an anomaly', async () => {
    const logs = folder();
    expect((await cli(['analyze', logs, '--kind', 'silence', '--fail-on-anomaly'])).status).toBe(0);
    expect((await cli(['analyze', logs, '--kind', 'spike', '--fail-on-anomaly'])).status).toBe(4);
  });

  it.each([
    [['--severity', 'bad'], '--severity must be critical, high, medium or low, got "bad"'],
    [['--kind', 'silenc'], 'got "silenc". Did you mean silence?'],
    [['--top', '0'], '--top must be a whole number from 1 to 1000000, got "0"'],
    [['--severity', 'low', '--severity', 'high'], '--severity must be given once only'],
    [['--operation', 'Decript'], '--operation must name an operation of the judged counts, got "Decript"'],
    [['--caller', 'Mallry'], 'there are s3.amazonaws.com, user/mallory, user/zoë. Did you mean mallory?'],
    [['--account', '999999999999'], 'there is 111122223333'],
  ])('refuse %j, with what there is', async (flags, message) => {
    const { status, stdout, stderr } = await cli(['analyze', folder(), ...flags]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('of score need to know the callers that they ask for', async () => {
    const { status, stderr } = await cli(['score', folder(), '--baseline', 'none', '--caller', 'mallory']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('--caller needs --callers')]);
  });
});

describe('files that are asked for', () => {
  it('are said to be written, without a terminal too', async () => {
    const html = join(tempFolder(), 'r.html');
    const { stderr, stdout } = await cli(['analyze', folder(), '--html', html, '--json']);
    expect(stderr).toBe(`written: ${html}\n`);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'analyze' });
  });

  it.each([
    ['--html', '/no/such/folder/r.html', 'ENOENT'],
    ['--markdown', tempFolder, 'EISDIR'],
    ['--html', () => join(logFolder([]), 'log.json.gz', 'r.html'), 'ENOTDIR'],
  ] as const)('are refused before the work is done: %s', async (flag, path, reason) => {
    const place = typeof path === 'string' ? path : path();
    // Logs that are not there would be the next thing to be refused.
    const { status, stdout, stderr } = await cli(['analyze', '/no/such/logs', flag, place]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${flag} must be a path that can be written, got ${JSON.stringify(place)} (${reason})`);
  });

  it.each([
    ['analyze', '--html', '--csv'],
    ['score', '--markdown', '--findings-csv'],
    ['fit', '--out', '--callers'],
  ])('of %s are files of their own: %s and %s', async (command, first, second) => {
    const place = join(tempFolder(), 'out');
    const again = join(place, '..', '.', 'out');
    const baseline = command === 'score' ? ['--baseline', 'none'] : [];
    const { status, stderr } = await cli([command, '/no/such/logs', first, place, second, again, ...baseline]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${second} must be another file than ${first}, got ${JSON.stringify(again)} for both`);
  });

  it('leave nothing behind when the work fails', async () => {
    const html = join(tempFolder(), 'r.html');
    expect((await cli(['analyze', '/no/such/logs', '--html', html])).status).toBe(2);
    expect(existsSync(html)).toBe(false);
  });
});
