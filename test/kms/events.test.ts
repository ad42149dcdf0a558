import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmsEvent, RejectedEvent } from '../../src/kms/events.js';
import { kmsEventsIn } from '../../src/kms/events-in.js';
import { ACCOUNT, KEY_ARN, kmsRecord, LAYOUTS, otherRecord, REGION, START } from '../support/logs.js';
import { hasSharedData, sharedFacts } from '../support/shared-data.js';

type Fields = Readonly<Record<string, unknown>>;
const events = (message: unknown): (KmsEvent | RejectedEvent)[] => [...kmsEventsIn(message)];

const envelope = (fields: Fields): Fields => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.kms',
  account: ACCOUNT,
  time: '2026-01-19T10:00:00Z',
  region: REGION,
  resources: [],
  ...fields,
});
const onKey = (type: string, detail: Fields): Fields =>
  envelope({ 'detail-type': type, resources: [KEY_ARN], detail: { 'key-id': 'x', ...detail } });
const callIds = (found: readonly (KmsEvent | RejectedEvent)[]): string[] =>
  found.map((event) => (event.kind === 'call' ? event.call.eventId : event.kind));
const id = (i: number): string => String(kmsRecord(i)['eventID']);

const notification = (key: string, eventName = 'ObjectCreated:Put'): Fields => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName,
  s3: { bucket: { name: 'logs' }, object: { key, size: 1 } },
});
const sqs = (...bodies: unknown[]): Fields => ({
  Records: bodies.map((body) => ({
    messageId: '1',
    body: JSON.stringify(body),
    eventSource: 'aws:sqs',
    awsRegion: REGION,
  })),
});
const sns = (...messages: unknown[]): Fields => ({
  Records: messages.map((message) => ({
    EventSource: 'aws:sns',
    Sns: { Type: 'Notification', Message: JSON.stringify(message) },
  })),
});
const snsInSqs = (message: unknown): Fields => sqs({ Type: 'Notification', Message: JSON.stringify(message) });

describe('kmsEventsIn', () => {
  it('finds the call in whatever carries the record', () => {
    const event = envelope({ detail: kmsRecord(1) });
    const logs = {
      messageType: 'DATA_MESSAGE',
      owner: ACCOUNT,
      logGroup: 'trail',
      logEvents: [{ id: '1', timestamp: START, message: JSON.stringify(kmsRecord(1)) }],
    };
    for (const message of [
      event,
      JSON.stringify(event),
      sqs(event),
      sns(event),
      snsInSqs(event),
      logs,
      kmsRecord(1),
      { Records: [kmsRecord(1)] },
    ]) {
      expect(callIds(events(message))).toEqual([id(1)]);
    }
  });

  it('opens what queues and tools of others put around it, in one message or in many', () => {
    for (const [name, write] of Object.entries(LAYOUTS)) {
      let message: unknown;
      try {
        message = JSON.parse(write([kmsRecord(1), kmsRecord(2)]));
      } catch {
        continue; // Of many lines.
      }
      expect(callIds(events(message)), name).toEqual([id(1), id(2)]);
    }
  });

  it('keeps the order of a batch, and the good parts of one with bad parts', () => {
    const batch = {
      Records: [
        { body: JSON.stringify(envelope({ detail: kmsRecord(1) })) },
        { body: 'no json' },
        { body: JSON.stringify(envelope({ detail: otherRecord(2) })) },
        { body: JSON.stringify(envelope({ detail: kmsRecord(3, { eventTime: 'soon' }) })) },
        { body: JSON.stringify(envelope({ detail: kmsRecord(4) })) },
      ],
    };
    const found = events(batch);
    expect(callIds(found)).toEqual([id(1), 'rejected', 'rejected', 'rejected', id(4)]);
    expect(found.flatMap((event) => (event.kind === 'rejected' ? [event.rejection] : []))).toEqual([
      { reason: 'not-a-record' },
      { reason: 'not-kms' },
      { reason: 'malformed-field', field: 'eventTime' },
    ]);
  });

  it('never throws on data: fields whose type is none of theirs', () => {
    const odd = { toString: 1, valueOf: [], length: -1, __proto__: null };
    expect(events('{"Records":[{"s3":{},"eventName":{"toString":1}}]}')).toEqual([
      { kind: 'rejected', rejection: { reason: 'not-kms' } },
    ]);
    for (const name of [
      'eventName',
      's3',
      'body',
      'Message',
      'detail-type',
      'Records',
      'detail',
      'source',
      'resources',
    ]) {
      for (const value of [odd, [odd], 7, null, '', JSON.stringify(odd)]) {
        for (const message of [
          { [name]: value },
          { Records: [{ s3: {}, [name]: value }] },
          envelope({ [name]: value }),
        ]) {
          for (const event of kmsEventsIn(message)) expect(event.kind).toMatch(/^(rejected|call|key)$/);
        }
      }
    }
  });

  it('takes nothing from a prototype', () => {
    const inherited = Object.create(kmsRecord(1)) as object;
    expect(events(inherited)).toEqual([
      { kind: 'rejected', rejection: { reason: 'missing-field', field: 'eventSource' } },
    ]);
    expect(events(Object.assign(Object.create({ Records: [kmsRecord(1)] }), { x: 1 }))).toMatchObject([
      { kind: 'rejected' },
    ]);
  });

  it('does not take a bucket’s or a queue’s own message for a call', () => {
    expect(events({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'logs' })).toEqual([]);
    expect(events({ messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'CWL CONTROL MESSAGE' }] })).toEqual([]);
    expect(events(envelope({ 'detail-type': 'EC2 Instance State-change Notification', source: 'aws.ec2' }))).toEqual([
      { kind: 'rejected', rejection: { reason: 'not-kms' } },
    ]);
  });

  it('reads what KMS itself tells, and pairs it with CloudTrail’s record of the same; trap 13: whatever its eventType', () => {
    const [rotated] = events(
      onKey('KMS CMK Rotation', { 'rotation-type': 'ON_DEMAND', 'current-key-material-id': 'm2' }),
    );
    expect(rotated).toEqual({
      kind: 'key',
      change: 'rotated',
      keyArn: KEY_ARN,
      account: ACCOUNT,
      region: REGION,
      time: Date.UTC(2026, 0, 19, 10),
      rotation: 'ON_DEMAND',
      occurrence: `rotated ${KEY_ARN} m2`,
      call: null,
    });
    const record = (eventName: string, serviceEventDetails: Fields, eventType = 'AwsServiceEvent') =>
      envelope({
        'detail-type': 'AWS Service Event via CloudTrail',
        detail: kmsRecord(0, { eventName, serviceEventDetails, eventType }),
      });
    const pairs: [Fields, Fields][] = [
      [
        onKey('KMS CMK Rotation', { 'current-key-material-id': 'm2' }),
        record('RotateKey', { rotationType: 'AUTOMATIC', currentKeyMaterialId: 'm2' }),
      ],
      [
        onKey('KMS Imported Key Material Expiration', { 'key-material-id': 'm1' }),
        record('DeleteExpiredKeyMaterial', { keyMaterialId: 'm1' }),
      ],
      [onKey('KMS CMK Deletion', {}), record('DeleteKey', {}, 'AwsApiCall')],
    ];
    for (const [own, logged] of pairs) {
      const [first] = events(own);
      const [second] = events(logged);
      if (first.kind !== 'key' || second.kind !== 'key') throw new Error('they tell of a key');
      expect(first.occurrence).toBe(second.occurrence);
      expect(first.change).toBe(second.change);
      // The record counts as a call as well, KMS's own event does not.
      expect(first.call).toBeNull();
      expect(second.call).toMatchObject({ eventId: id(0), keyArns: [KEY_ARN] });
    }
    expect(new Set(pairs.map(([own]) => (events(own)[0] as { occurrence: string }).occurrence)).size).toBe(3);
  });

  it('sets aside an event of KMS that lacks what it needs', () => {
    const reasonOf = (event: Fields) => events(event)[0];
    expect(reasonOf(envelope({ 'detail-type': 'KMS CMK Deletion', detail: {} }))).toEqual({
      kind: 'rejected',
      rejection: { reason: 'missing-field', field: 'resources' },
    });
    for (const [field, value] of [
      ['account', undefined],
      ['region', 7],
      ['time', 'soon'],
    ] as const) {
      expect(reasonOf({ ...onKey('KMS CMK Deletion', {}), [field]: value })).toMatchObject({ rejection: { field } });
    }
  });

  it('trap 14: passes over network activity, which tells of calls a second time', () => {
    const detail = kmsRecord(0, { eventType: 'AwsVpceEvent', eventCategory: 'NetworkActivity' });
    expect(events(envelope({ 'detail-type': 'AWS Network Activity Event via CloudTrail', detail }))).toEqual([
      { kind: 'rejected', rejection: { reason: 'network-activity' } },
    ]);
  });

  it('trap 3: takes an event of a read-only call as well, which only one state of rule lets through', () => {
    const readOnly = kmsRecord(0, { eventName: 'Decrypt', readOnly: true });
    expect(callIds(events(envelope({ detail: readOnly })))).toEqual([id(0)]);
  });

  it('finds new log files in S3’s notifications, EventBridge’s, and CloudTrail’s own', () => {
    const file = (key: string) => ({ kind: 'log-file', bucket: 'logs', key });
    const s3 = { Records: [notification('AWSLogs/a+b%3D1.json.gz')] };
    for (const message of [s3, sqs(s3), sns(s3), snsInSqs(s3)]) {
      expect(events(message)).toEqual([file('AWSLogs/a b=1.json.gz')]);
    }
    const created = envelope({
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: 'logs' }, object: { key: 'AWSLogs/a+b%3D1.json.gz', size: 1 } },
    });
    expect(events(created)).toEqual([file('AWSLogs/a+b%3D1.json.gz')]);
    expect(events(snsInSqs({ s3Bucket: 'logs', s3ObjectKey: ['x', 'y'] }))).toEqual([file('x'), file('y')]);
    expect(events({ Records: [notification('%zz')] })).toMatchObject([{ rejection: { field: 'object.key' } }]);
    expect(events({ Records: [notification('x', 'ObjectRemoved:Delete')] })).toMatchObject([
      { rejection: { reason: 'not-kms' } },
    ]);
    expect(events(envelope({ 'detail-type': 'Object Created', source: 'aws.s3', detail: {} }))).toMatchObject([
      { rejection: { field: 'bucket.name' } },
    ]);
  });

  const insight = (fields: Fields, outer: Fields = {}): Fields => ({
    eventVersion: '1.09',
    eventTime: '2026-01-19T10:00:00Z',
    awsRegion: REGION,
    eventType: 'AwsCloudTrailInsight',
    eventCategory: 'Insight',
    recipientAccountId: ACCOUNT,
    sharedEventID: 'pair',
    insightDetails: {
      state: 'Start',
      eventSource: 'kms.amazonaws.com',
      eventName: 'CreateGrant',
      insightType: 'ApiErrorRateInsight',
      errorCode: 'AccessDenied',
      insightContext: { statistics: { baseline: { average: 0.001 }, insight: { average: 4 }, insightDuration: 5 } },
      ...fields,
    },
    ...outer,
  });

  it('trap 22: reads Insights, which see write calls and errors, of KMS only', () => {
    const expected = {
      kind: 'insight',
      state: 'Start',
      type: 'ApiErrorRateInsight',
      operation: 'CreateGrant',
      error: 'AccessDenied',
      account: ACCOUNT,
      region: REGION,
      time: Date.UTC(2026, 0, 19, 10),
      sharedEventId: 'pair',
      baseline: 0.001,
      rate: 4,
    };
    expect(events(insight({}))).toEqual([expected]);
    expect(events(envelope({ 'detail-type': 'AWS Insight via CloudTrail', detail: insight({}) }))).toEqual([expected]);
    expect(events({ Records: [insight({})] })).toEqual([expected]);
    expect(events(insight({ eventSource: 'ec2.amazonaws.com' }))).toMatchObject([{ rejection: { reason: 'not-kms' } }]);
    const bad: [Fields, Fields, string][] = [
      [{ state: 'Middle' }, {}, 'insightDetails.state'],
      [{ eventName: null }, {}, 'insightDetails.eventName'],
      [{ insightContext: {} }, {}, 'insightContext'],
      [{}, { recipientAccountId: 1 }, 'recipientAccountId'],
      [{}, { awsRegion: '' }, 'awsRegion'],
      [{}, { eventTime: 'x' }, 'eventTime'],
    ];
    for (const [fields, outer, field] of bad) {
      expect(events(insight(fields, outer))).toMatchObject([{ rejection: { field } }]);
    }
  });

  it('never throws, whatever comes, and tells something of everything but tests', () => {
    const json = fc.json().map((text) => JSON.parse(text) as unknown);
    const near = fc.record(
      {
        'detail-type': fc.constantFrom('KMS CMK Deletion', 'AWS API Call via CloudTrail', 'Object Created', 'x'),
        source: fc.constantFrom('aws.s3', 'aws.kms'),
        detail: json,
        Records: fc.array(
          fc.oneof(
            json,
            fc.record({ body: fc.json() }),
            fc.record({ s3: json, eventName: fc.constant('ObjectCreated:Put') }),
          ),
        ),
        logEvents: fc.array(json),
        Message: fc.oneof(fc.json(), json),
        insightDetails: json,
        resources: json,
        s3Bucket: fc.string(),
        s3ObjectKey: json,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(json, near, fc.json(), fc.anything()), (message) => {
        for (const event of kmsEventsIn(message)) expect(event.kind).toMatch(/^(call|key|insight|log-file|rejected)$/);
      }),
    );
    let nested = JSON.stringify(kmsRecord(0));
    for (let i = 0; i < 10; i++) nested = JSON.stringify({ Message: nested });
    expect(events(nested)).toEqual([{ kind: 'rejected', rejection: { reason: 'not-a-record' } }]);
  });

  it.skipIf(!hasSharedData)('reads the published events of KMS', () => {
    const { samples } = JSON.parse(readFileSync(sharedFacts('kms-eventbridge-events.json'), 'utf8'));
    const found = samples.flatMap(({ event }: { event: unknown }) => events(event)) as KmsEvent[];
    expect(found.map((event) => (event.kind === 'key' ? event.change : event.kind))).toEqual([
      'rotated',
      'material-expired',
      'deleted',
      'call',
      'rotated',
    ]);
    const published = JSON.parse(readFileSync(sharedFacts('cloudtrail-aggregated-and-insight.json'), 'utf8'));
    const { sample } = published.insightEvent;
    expect(events(sample)).toMatchObject([{ rejection: { reason: 'not-kms' } }]);
    const ofKms = { ...sample, insightDetails: { ...sample.insightDetails, eventSource: 'kms.amazonaws.com' } };
    expect(events(ofKms)).toMatchObject([{ kind: 'insight', rate: 0.6, baseline: 8.82145e-5 }]);
    expect(events(published.aggregatedEvent.sample)).toMatchObject([{ kind: 'rejected' }]);
  });
});
