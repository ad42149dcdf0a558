import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeSubscription } from '../../src/aws/decode-subscription.js';
import { InputError } from '../../src/errors.js';
import { kmsEventsIn } from '../../src/kms/events-in.js';
import { kmsRecord } from '../support/logs.js';

const payload = (value: unknown): string => gzipSync(JSON.stringify(value)).toString('base64');

describe('decodeSubscription', () => {
  it('gives what a Lambda function of CloudWatch Logs reads in three lines', () => {
    const handler = (event: unknown): string[] => {
      const ids: string[] = [];
      for (const item of kmsEventsIn(decodeSubscription(event))) if (item.kind === 'call') ids.push(item.call.eventId);
      return ids;
    };
    const message = {
      messageType: 'DATA_MESSAGE',
      logEvents: [0, 1].map((i) => ({ id: `${i}`, timestamp: 1, message: JSON.stringify(kmsRecord(i)) })),
    };
    const ids = [kmsRecord(0)['eventID'], kmsRecord(1)['eventID']];
    expect(handler({ awslogs: { data: payload(message) } })).toEqual(ids);
    expect(handler(payload(message))).toEqual(ids);
  });

  it.each([{}, 'x', payload('').slice(0, 8), gzipSync('no json').toString('base64'), null, 7])(
    'refuses %o',
    (event) => {
      expect(() => decodeSubscription(event)).toThrow(InputError);
    },
  );

  it('refuses what unpacks to far more than CloudWatch Logs sends', () => {
    expect(() => decodeSubscription(gzipSync(Buffer.alloc(70 * 2 ** 20)).toString('base64'))).toThrow(InputError);
  });
});
