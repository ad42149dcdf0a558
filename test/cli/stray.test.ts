import { describe, expect, it } from 'vitest';
import { START } from '../support/logs.js';
import { burst, cli, DAY, flowing, HOUR, logFolder, MINUTE, recordAt, steady } from './traffic.js';

const END = START + 3 * DAY;
const incident = burst(END - 14 * HOUR, 300);
const logs = (...late: number[]) =>
  logFolder([...steady(3 * DAY), ...incident, ...late.map((time) => recordAt(time, { requestID: 'late' }))]);

describe('a record dated days after all others', () => {
  it.each([2, 5, 40])('does not take the judged day with it: %i days', async (days) => {
    for (const args of [[], ['--fail-on-anomaly']]) {
      const { status, stdout } = await cli(['analyze', logs(END + days * DAY), ...args]);
      expect(flowing(stdout)).toContain('judged 2024-03-07 00:00–24:00 UTC');
      expect(flowing(stdout)).toContain('1 anomaly 1. High. Decrypt on 1234abcd');
      expect(flowing(stdout)).toMatch(
        /note Few records are dated after 2024-03-08 00:00 UTC, up to 2024-0\d-\d\d 00:05 UTC/,
      );
      expect(status).toBe(args.length === 0 ? 3 : 4);
    }
  });

  it('is not passed over with status 0 where nothing else is unusual', async () => {
    const quiet = logFolder([...steady(3 * DAY), recordAt(END + 5 * DAY)]);
    expect((await cli(['analyze', quiet, '--fail-on-anomaly'])).status).toBe(3);
  });

  it('is judged by whoever asks for its time', async () => {
    const until = new Date(END + 5 * DAY + 5 * MINUTE).toISOString();
    const { stdout } = await cli(['analyze', logs(END + 5 * DAY), '--until', until]);
    expect(flowing(stdout)).toContain('judged 2024-03-12 00:05 – 2024-03-13 00:05 UTC');
    expect(stdout).not.toContain('Few records');
  });

  it('is one of the logs where they go on: an outage that has ended', async () => {
    const again = steady(2 * HOUR, END + 5 * DAY);
    const { status, stdout } = await cli(['analyze', logFolder([...steady(3 * DAY), ...again])]);
    expect(flowing(stdout)).toContain('judged 2024-03-12 02:00 – 2024-03-13 02:00 UTC');
    expect(stdout).not.toContain('Few records');
    expect(status).toBe(0);
  });
});
