import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogGroupOptions, readLogGroup } from '../../src/aws/read-log-group.js';
import { InputError } from '../../src/errors.js';
import { kmsRecord, kmsRecords, otherRecord, START } from '../support/logs.js';
import { fakeAws, type Handler, refusal } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type Delivered, logGroup } from './support/fake-logs.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const delivered = (record: Readonly<Record<string, unknown>>, late = 5 * MINUTE): Delivered => ({
  timestamp: Date.parse(String(record['eventTime'])) + late,
  message: JSON.stringify(record),
});

async function read(
  handler: Handler,
  options: Partial<LogGroupOptions> = {},
  faults: ('throttle' | 'cut' | null)[] = [],
) {
  const aws = await fakeAws({ FilterLogEvents: handler });
  aws.faults.push(...faults);
  const rejected: string[] = [];
  const ids: string[] = [];
  const calls = readLogGroup(new CloudWatchLogsClient(aws.config), {
    logGroup: 'trail',
    from: START,
    to: START + DAY,
    clock: new FakeClock(),
    onRejected: ({ reason }) => rejected.push(reason),
    ...options,
  });
  for await (const call of calls) ids.push(call.eventId);
  return { ids: ids.sort(), rejected, aws };
}

const idsOf = (records: readonly Readonly<Record<string, unknown>>[]): string[] =>
  records.map((record) => String(record['eventID'])).sort();

describe('readLogGroup', () => {
  it('yields the KMS calls of a log group, page after page, over empty pages, throttling and cuts', async () => {
    const records = kmsRecords(43);
    const others = Array.from({ length: 20 }, (_, i) => delivered(otherRecord(i)));
    const handler = logGroup([...records.map((record) => delivered(record)), ...others]);
    const { ids, rejected, aws } = await read(handler, {}, [null, 'throttle', 'cut']);
    expect(ids).toEqual(idsOf(records));
    expect(rejected).toEqual([]);
    expect(aws.requests[0]).toMatchObject({
      target: 'Logs_20140328.FilterLogEvents',
      contentType: 'application/x-amz-json-1.1',
      body: {
        logGroupName: 'trail',
        startTime: START - 5 * MINUTE,
        endTime: START + 2 * DAY,
        filterPattern: '{ $.eventSource = "kms.amazonaws.com" }',
      },
    });
  });

  it('trap 16: goes by the time of the call, not of its delivery', async () => {
    const at = (time: number, i: number) => kmsRecord(i, { eventTime: new Date(time).toISOString() });
    const from = START + HOUR;
    const records = [at(from - 1000, 0), at(from, 1), at(from + HOUR - 1000, 2), at(from + HOUR, 3)];
    const events = [
      // Made before, delivered within.
      delivered(records[0], 10 * MINUTE),
      // The clock of the log a minute behind.
      delivered(records[1], -MINUTE),
      // Made within, delivered hours later.
      delivered(records[2], 20 * HOUR),
      delivered(records[3]),
    ];
    const { ids } = await read(logGroup(events), { from, to: from + HOUR });
    expect(ids).toEqual(idsOf(records.slice(1, 3)));
    expect((await read(logGroup(events), { from, to: from + HOUR, grace: HOUR })).ids).toEqual(idsOf([records[1]]));
  });

  it('takes the listing up again where a token has expired: nothing lost, nothing twice', async () => {
    const runs = fc.record({
      count: fc.integer({ min: 1, max: 120 }),
      perSecond: fc.integer({ min: 1, max: 8 }),
      tokenUses: fc.integer({ min: 3, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(runs, async ({ count, perSecond, tokenUses }) => {
        const records = Array.from({ length: count }, (_, i) =>
          kmsRecord(i, { eventTime: new Date(START + Math.floor(i / perSecond) * 1000).toISOString() }),
        );
        const { ids } = await read(
          logGroup(
            records.map((record) => delivered(record)),
            { page: 9, tokenUses },
          ),
        );
        expect(ids).toEqual(idsOf(records));
      }),
      { numRuns: 20 },
    );
  });

  it('tells of a message that is no record, and goes on', async () => {
    const good = kmsRecord(1);
    const { ids, rejected } = await read(logGroup([{ timestamp: START, message: 'START RequestId' }, delivered(good)]));
    expect(ids).toEqual(idsOf([good]));
    expect(rejected).toEqual(['not-a-record']);
  });

  it('takes a log group of another account by its ARN', async () => {
    const logGroupArn = 'arn:aws:logs:eu-central-1:444455556666:log-group:trail';
    const { aws } = await read(logGroup([]), { logGroup: logGroupArn });
    expect(aws.requests[0].body).toMatchObject({ logGroupIdentifier: logGroupArn });
    expect(aws.requests[0].body).not.toHaveProperty('logGroupName');
  });

  it('throws what fails for good, and refuses bad options', async () => {
    const denied: Handler = () => refusal('AccessDeniedException', 'no');
    await expect(read(denied)).rejects.toThrow('needed is the permission logs:FilterLogEvents');
    await expect(read(logGroup([]), { logGroup: '' })).rejects.toThrow(InputError);
    await expect(read(logGroup([]), { grace: -1 })).rejects.toThrow('grace');
  });
});
