import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kmsEventsIn } from '../../src/kms/events-in.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import { recordsIn } from '../../src/kms/records-in.js';
import { kmsRecords } from '../support/arbitraries.js';
import { ACCOUNT, KEY_ARN, kmsRecord, otherRecord, REGION } from '../support/logs.js';
import { OCSF_VERSIONS, type OcsfVersion, ocsfOf } from '../support/ocsf.js';

const parsed = (event: unknown) => [...recordsIn(event)].map((record) => parseRecord(record));
const one = (event: unknown) => {
  const all = parsed(event);
  expect(all).toHaveLength(1);
  return all[0];
};

describe.each(OCSF_VERSIONS)('OCSF %s', (version: OcsfVersion) => {
  it('reports of a call all that its CloudTrail record does', () => {
    fc.assert(
      fc.property(kmsRecords(), fc.boolean(), (record, json) => {
        const event = ocsfOf(record, version, { json });
        expect(one(event)).toEqual(parseRecord(record));
        expect(one(JSON.stringify(event))).toEqual(parseRecord(record));
      }),
      { seed: 18 },
    );
  });

  it("knows the events of a VPC endpoint, corrections and other services' events for what they are", () => {
    const records = [
      kmsRecord(1, { eventCategory: 'NetworkActivity' }),
      kmsRecord(2, { eventType: 'AwsVpceEvents' }),
      kmsRecord(3, { addendum: { reason: 'UPDATED_DATA', updatedFields: 'x' } }),
      kmsRecord(4, { addendum: { reason: 'DELIVERY_DELAY' } }),
      otherRecord(5),
    ];
    for (const json of [true, false]) {
      const events = records.map((record) => ocsfOf(record, version, { json }));
      expect(parsed(events)).toEqual(records.map((record) => parseRecord(record)));
    }
  });

  it('completes the ARN of a key that only the request names, and of both keys of a ReEncrypt', () => {
    const key = '1234abcd-12ab-34cd-56ef-1234567890ab';
    const second = '0987dcba-09fe-87dc-65ba-ab0987654321';
    const records = [
      kmsRecord(1, { resources: null, requestParameters: { keyId: key } }),
      kmsRecord(2, { resources: [], responseElements: { keyMetadata: { arn: KEY_ARN, keyState: 'Enabled' } } }),
      kmsRecord(3, { resources: [], serviceEventDetails: { keyId: KEY_ARN }, requestParameters: null }),
      kmsRecord(4, {
        eventName: 'ReEncrypt',
        resources: null,
        requestParameters: { sourceKeyId: key, destinationKeyId: second },
      }),
    ];
    for (const record of records) {
      const call = parseRecord(record);
      for (const json of [true, false]) expect(one(ocsfOf(record, version, { json }))).toEqual(call);
      expect(call).toHaveProperty('keyArns.0', KEY_ARN);
    }
  });

  it('comes through every door that CloudTrail records come through', () => {
    const call = parseRecord(kmsRecord(1));
    const event = ocsfOf(kmsRecord(1), version);
    expect([...kmsEventsIn(event)]).toEqual([{ kind: 'call', call }]);
    expect([...kmsEventsIn({ Records: [{ body: JSON.stringify(event), messageId: '1' }] })]).toEqual([
      { kind: 'call', call },
    ]);
    expect(parsed({ hits: { hits: [{ _source: event }] } })).toEqual([call]);
  });
});

/** As AWS publishes it for 1.5.0, with KMS in place of Direct Connect. */
const event = {
  class_uid: 6003,
  time: 1_695_334_972_000,
  metadata: { uid: 'e', event_code: 'AwsApiCall', product: { name: 'CloudTrail' }, version: '1.5.0' },
  cloud: { account: { uid: ACCOUNT }, provider: 'AWS', region: REGION },
  api: { operation: 'Decrypt', service: { name: 'kms.amazonaws.com' }, response: {} },
  actor: { user: { uid: `arn:aws:iam::${ACCOUNT}:user/Level6`, uid_alt: 'AIDA' } },
  resources: [{ uid: KEY_ARN }],
  status: 'Success',
};

describe('an OCSF event', () => {
  it('has the account of `cloud` where nothing says whose log it was', () => {
    expect(one(event)).toMatchObject({ account: ACCOUNT, error: null, keyArns: [KEY_ARN], time: 1_695_334_972_000 });
    const old = { ...event, cloud: { account_uid: ACCOUNT, region: REGION } };
    expect(one(old)).toEqual(one(event));
  });

  it('that failed is never counted as a success, even without a code', () => {
    expect(one({ ...event, status: 'Failure' })).toMatchObject({ error: 'Failure' });
    expect(one({ ...event, status: null, status_id: 2 })).toMatchObject({ error: 'Failure' });
    const coded = {
      ...event,
      status: 'Failure',
      api: { ...event.api, response: { error: 'DryRunOperationException' } },
    };
    expect(one(coded)).toMatchObject({ error: 'DryRunOperationException' });
  });

  it('has its time in milliseconds, or as a timestamp where that is all there is', () => {
    expect(one({ ...event, time: 1_695_334_972_000n })).toEqual(one(event));
    for (const time_dt of [new Date(event.time), '2023-09-21T22:22:52+00:00', '2023-09-21 22:22:52.000']) {
      expect(one({ ...event, time: null, time_dt }), String(time_dt)).toEqual(one(event));
    }
    // Seconds, microseconds: nobody guesses.
    expect(one({ ...event, time: 1_695_334_972 })).toEqual({ reason: 'time-out-of-range', field: 'eventTime' });
    for (const time of [1_695_334_972_000_000, Number.NaN, 1e300, 'yesterday', true, {}]) {
      expect(one({ ...event, time })).toEqual({ reason: 'malformed-field', field: 'eventTime' });
    }
  });

  it('says what it lacks', () => {
    expect(one({ ...event, cloud: { region: '' } })).toEqual({ reason: 'missing-field', field: 'awsRegion' });
    const number = { ...event, unmapped: { recipientAccountId: 11_122_223_333 } };
    expect(one(number)).toEqual({ reason: 'malformed-field', field: 'recipientAccountId' });
    const { api: _, ...flow } = event;
    expect(one({ ...flow, class_uid: 4001 })).toMatchObject({ reason: 'missing-field' });
  });

  it('cannot put anything into a prototype', () => {
    const hostile = JSON.parse(
      '{"__proto__.x":"1","requestParameters.__proto__":"2","requestParameters.constructor.y":"3"}',
    );
    expect(one({ ...event, unmapped: { ...hostile, recipientAccountId: ACCOUNT } })).toEqual(one(event));
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
