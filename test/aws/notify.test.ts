import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBridgeNotifier, snsNotifier } from '../../src/aws/index.js';
import { type Notice, NotifyError, noticeJson } from '../../src/plan/index.js';
import { seriesKey } from '../../src/series/key.js';
import { KEY } from '../support/sets.js';
import { fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { wire } from './support/wire.js';

const key = seriesKey({ operation: 'Decrypt', keyArn: KEY });
const NOTICE: Notice = {
  id: 'shop-7',
  alarm: 'shop-7',
  plan: 'shop',
  owner: 'Security',
  kind: 'anomaly',
  state: 'ALARM',
  change: 'opened',
  at: Date.UTC(2026, 0, 19),
  text: 'Decrypt on 1234abcd: 412 calls, "usually" 3.',
  key,
  keys: [key],
  incident: '20260119T000000Z-0123456789abcdef',
  severity: 'critical',
  callers: ['arn:aws:iam::111122223333:role/App'],
  anomaly: {
    id: '20260119T000000Z-0123456789abcdef',
    severity: 'critical',
    decidedBy: { from: Date.UTC(2026, 0, 18, 23, 55), to: Date.UTC(2026, 0, 19) },
    key,
    verdict: 'above',
    from: Date.UTC(2026, 0, 18, 23, 55),
    to: Date.UTC(2026, 0, 19),
    value: 412,
    expected: 3,
    lower: 0,
    upper: 19,
    surprise: 50,
    kind: 'spike',
    related: [],
  },
};
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:topic';
const PUBLISHED = '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';

describe('snsNotifier', () => {
  it('publishes words for people and JSON for programs', async () => {
    const server = await wire(() => ({ body: PUBLISHED }));
    await snsNotifier(new SNSClient(server.config), TOPIC).tell(NOTICE);
    const form = new URLSearchParams(server.requests[0].body);
    expect(form.get('TopicArn')).toBe(TOPIC);
    expect(form.get('Subject')).toBe('ALARM: KMS anomaly (shop)');
    const message = JSON.parse(form.get('Message') ?? '');
    expect(message.default).toBe(NOTICE.text);
    expect(JSON.parse(message.sqs)).toEqual(noticeJson(NOTICE));
    expect(server.requests[0].body).toContain('shop-7');
    expect(form.has('MessageDeduplicationId')).toBe(false);
  });

  it('lets a FIFO topic drop what is told twice', async () => {
    const server = await wire(() => ({ body: PUBLISHED }));
    await snsNotifier(new SNSClient(server.config), `${TOPIC}.fifo`).tell(NOTICE);
    const form = new URLSearchParams(server.requests[0].body);
    expect([form.get('MessageDeduplicationId'), form.get('MessageGroupId')]).toEqual(['shop-7', 'shop']);
  });

  it('tries again when throttled, not when refused, and fits the limit of a message', async () => {
    const error = (code: string) =>
      `<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`;
    const busy = await wire((_, i) => (i < 2 ? { status: 400, body: error('Throttling') } : { body: PUBLISHED }));
    const clock = new FakeClock();
    await snsNotifier(new SNSClient(busy.config), TOPIC, { clock }).tell(NOTICE);
    expect([busy.requests.length, clock.sleeps]).toEqual([3, [1000, 2000]]);
    const closed = await wire(() => ({ status: 403, body: error('AuthorizationError') }));
    await expect(snsNotifier(new SNSClient(closed.config), TOPIC, { clock }).tell(NOTICE)).rejects.toThrow();
    expect(closed.requests).toHaveLength(1);
    const server = await wire(() => ({ body: PUBLISHED }));
    const callers = Array.from({ length: 5000 }, (_, i) => `arn:aws:iam::111122223333:role/App${i}`);
    await snsNotifier(new SNSClient(server.config), TOPIC).tell({ ...NOTICE, callers });
    const message = new URLSearchParams(server.requests[0].body).get('Message') ?? '';
    expect(Buffer.byteLength(message)).toBeLessThan(256 * 1024);
    expect(() => snsNotifier(new SNSClient(server.config), 'topic')).toThrow('topicArn must be the ARN of a topic');
  });
});

describe('a message', () => {
  /** What hostile names are made of: long in UTF-8, and longer once escaped, twice. */
  const hostile = fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\u0001', '\u2028', 'é', '鍵', '😀', '\ud800', '\n'),
    minLength: 0,
    maxLength: 3000,
    size: 'max',
  });
  const notices = fc.record({
    text: hostile,
    callers: fc.array(hostile, { maxLength: 120, size: 'max' }),
    names: fc.array(hostile, { maxLength: 100, size: 'max' }),
  });

  it('has at most 262,144 bytes at SNS, whatever names are in it, and every copy in it is JSON', async () => {
    const server = await wire(() => ({ body: PUBLISHED }));
    const sns = snsNotifier(new SNSClient(server.config), TOPIC);
    await fc.assert(
      fc.asyncProperty(notices, async ({ text, callers, names }) => {
        const keys = names.map((keyArn) => ({ ...key, keyArn }));
        await sns.tell({ ...NOTICE, text, callers, keys });
        const message = new URLSearchParams(server.requests.at(-1)?.body).get('Message') ?? '';
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(262_144);
        const { id, at, anomaly, shortened } = JSON.parse(JSON.parse(message).sqs);
        expect([id, at, anomaly.value]).toEqual([NOTICE.id, '2026-01-19T00:00:00.000Z', 412]);
        // Whole where that fits, and else it says that it is not.
        const whole = JSON.stringify(noticeJson({ ...NOTICE, text, callers, keys }));
        expect(shortened === true).toBe(JSON.parse(message).sqs !== whole);
      }),
      { numRuns: 12, seed: 4 },
    );
  });

  it('that is refused for what it holds is a NotifyError; one that the topic does not take is not', async () => {
    const error = (code: string) =>
      `<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`;
    const failure = async (status: number, code: string) => {
      const server = await wire(() => ({ status, body: error(code) }));
      return Promise.resolve(snsNotifier(new SNSClient(server.config), TOPIC).tell(NOTICE)).catch((e: unknown) => e);
    };
    expect(await failure(400, 'InvalidParameter')).toBeInstanceOf(NotifyError);
    expect(await failure(403, 'AuthorizationError')).not.toBeInstanceOf(NotifyError);
    expect(await failure(404, 'NotFound')).not.toBeInstanceOf(NotifyError);
  });
});

describe('eventBridgeNotifier', () => {
  it('puts an event that rules can match', async () => {
    const aws = await fakeAws({ PutEvents: () => ({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }) });
    await eventBridgeNotifier(new EventBridgeClient(aws.config), { eventBusName: 'security' }).tell(NOTICE);
    const [entry] = aws.requests[0].body['Entries'] as Record<string, string>[];
    expect(entry).toMatchObject({
      Source: 'kms-baseline',
      DetailType: 'KMS Baseline Notice',
      Resources: [KEY],
      EventBusName: 'security',
      Time: NOTICE.at / 1000,
    });
    expect(JSON.parse(entry['Detail'])).toEqual(noticeJson(NOTICE));
  });

  it('trap 37: takes a failed entry in a successful answer for what it is', async () => {
    const failed = (ErrorCode: string) => ({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: 'm' }] });
    let requests = 0;
    const passing = await fakeAws({
      PutEvents: () => (requests++ < 2 ? failed('InternalFailure') : { FailedEntryCount: 0 }),
    });
    await eventBridgeNotifier(new EventBridgeClient(passing.config), { clock: new FakeClock() }).tell(NOTICE);
    expect(passing.requests).toHaveLength(3);
    const refusing = await fakeAws({ PutEvents: () => failed('MalformedDetail') });
    const notifier = eventBridgeNotifier(new EventBridgeClient(refusing.config), { clock: new FakeClock() });
    await expect(notifier.tell(NOTICE)).rejects.toThrow('events:PutEvents refused the event: MalformedDetail: m');
    expect(refusing.requests).toHaveLength(1);
  });
});
