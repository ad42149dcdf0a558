import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmsCall, Rejection } from '../../src/kms/call.js';
import { parseRecord, UNKNOWN_CALLER } from '../../src/kms/parse-record.js';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const OTHER_ID = '0987dcba-09fe-87dc-65ba-ab0987654321';
const MRK_ID = 'mrk-1234abcd12ab34cd56ef1234567890ab';
const KEY = `arn:aws:kms:eu-central-1:111122223333:key/${KEY_ID}`;
const OTHER = `arn:aws:kms:eu-central-1:111122223333:key/${OTHER_ID}`;
const ALIAS = 'arn:aws:kms:eu-central-1:111122223333:alias/orders';

/** A plain Decrypt by a user, with the given fields in the place of its own; `undefined` takes a field away. */
function record(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/Alice', accountId: '111122223333' },
    eventTime: '2024-07-01T09:30:15Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: 'eu-central-1',
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    responseElements: null,
    eventID: '5f1f7a3c-0000-4000-8000-000000000001',
    readOnly: true,
    resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: KEY }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    ...fields,
  };
}

function call(fields: Record<string, unknown> = {}): KmsCall {
  const result = parseRecord(record(fields));
  if ('reason' in result) throw new Error(`set aside: ${JSON.stringify(result)}`);
  return result;
}

function rejection(fields: Record<string, unknown>): Rejection {
  const result = parseRecord(record(fields));
  if (!('reason' in result)) throw new Error(`a call: ${JSON.stringify(result)}`);
  return result;
}

describe('parseRecord', () => {
  it('keeps what is counted of a call, and nothing else', () => {
    expect(call()).toEqual({
      time: Date.UTC(2024, 6, 1, 9, 30, 15),
      operation: 'Decrypt',
      keyArns: [KEY],
      account: '111122223333',
      region: 'eu-central-1',
      caller: 'arn:aws:iam::111122223333:user/Alice',
      error: null,
      eventId: '5f1f7a3c-0000-4000-8000-000000000001',
      sharedEventId: null,
    });
  });

  it('takes a record as JSON text too, and says so when it is neither', () => {
    expect(parseRecord(JSON.stringify(record()))).toEqual(call());
    for (const text of ['', 'Decrypt', '{"eventName":', '"{}"', '[]', 'null']) {
      expect(parseRecord(text), text).toEqual({ reason: 'not-a-record' });
    }
    for (const value of [null, undefined, 1, true, 1n, Symbol('x'), () => record(), [record()]]) {
      expect(parseRecord(value)).toEqual({ reason: 'not-a-record' });
    }
  });

  it('counts operations that it has never heard of', () => {
    expect(call({ eventName: 'Teleport' }).operation).toBe('Teleport');
  });
});

describe('the key of a call', () => {
  it('trap 4: is never an alias, and comes from resources even where requestParameters say otherwise', () => {
    expect(call({ requestParameters: { keyId: 'alias/orders' } }).keyArns).toEqual([KEY]);
    expect(call({ requestParameters: { keyId: OTHER } }).keyArns).toEqual([KEY]);
    expect(call({ resources: [], requestParameters: { keyId: 'alias/orders' } }).keyArns).toEqual([]);
    expect(call({ resources: [], requestParameters: { keyId: ALIAS } }).keyArns).toEqual([]);
    expect(call({ requestParameters: null }).keyArns).toEqual([KEY]);
  });

  it('trap 5: is found beside the alias, in whichever order, and is two of ReEncrypt', () => {
    const pair = [{ ARN: ALIAS }, { ARN: KEY }];
    expect(call({ eventName: 'UpdateAlias', resources: pair }).keyArns).toEqual([KEY]);
    expect(call({ eventName: 'CreateAlias', resources: pair.toReversed() }).keyArns).toEqual([KEY]);
    const both = [{ ARN: OTHER }, { ARN: KEY }];
    expect(call({ eventName: 'ReEncrypt', resources: both }).keyArns).toEqual([OTHER, KEY]);
    expect(call({ eventName: 'ReEncrypt', resources: [{ ARN: KEY }, { ARN: KEY }] }).keyArns).toEqual([KEY]);
    expect(call({ eventName: 'Decrypt', resources: both }).keyArns).toEqual([OTHER]);
  });

  it('trap 6: does not depend on accountId or type of the resource', () => {
    expect(call({ resources: [{ accountId: 'AWS Internal', ARN: KEY }] })).toMatchObject({
      keyArns: [KEY],
      account: '111122223333',
    });
    expect(call({ resources: [{ arn: KEY }] }).keyArns).toEqual([KEY]);
  });

  it('trap 7: is the whole ARN: keys of one multi-Region id stay apart', () => {
    const at = (awsRegion: string) =>
      call({ awsRegion, resources: null, requestParameters: { keyId: MRK_ID } }).keyArns;
    expect(at('eu-central-1')).toEqual([`arn:aws:kms:eu-central-1:111122223333:key/${MRK_ID}`]);
    expect(at('us-east-1')).toEqual([`arn:aws:kms:us-east-1:111122223333:key/${MRK_ID}`]);
  });

  it('is looked for in the response, then in a service event, then in the request', () => {
    const nowhere = { resources: undefined, requestParameters: null };
    const asked = { requestParameters: { keyId: OTHER_ID } };
    expect(call({ ...nowhere, ...asked, responseElements: { keyId: KEY } }).keyArns).toEqual([KEY]);
    expect(call({ ...nowhere, ...asked, responseElements: { keyId: KEY_ID } }).keyArns).toEqual([OTHER]);
    expect(call({ ...nowhere, responseElements: { keyMetadata: { arn: KEY } } }).keyArns).toEqual([KEY]);
    expect(call({ ...nowhere, ...asked, serviceEventDetails: { keyId: KEY_ID } }).keyArns).toEqual([KEY]);
    expect(call({ ...nowhere, requestParameters: { targetKeyId: KEY_ID } }).keyArns).toEqual([KEY]);
    expect(call({ ...nowhere, requestParameters: { keyId: KEY } }).keyArns).toEqual([KEY]);
    expect(call(nowhere).keyArns).toEqual([]);
  });

  it('is source and destination of a ReEncrypt whose record has no resources', () => {
    const keys = (requestParameters: unknown) =>
      call({ eventName: 'ReEncrypt', resources: [], requestParameters }).keyArns;
    expect(keys({ destinationKeyId: OTHER_ID, sourceKeyId: KEY })).toEqual([KEY, OTHER]);
    expect(keys({ destinationKeyId: OTHER_ID })).toEqual([OTHER]);
    expect(keys({ destinationKeyId: OTHER_ID, sourceKeyId: 'alias/orders' })).toEqual([OTHER]);
    expect(keys({ destinationKeyId: KEY_ID, sourceKeyId: KEY })).toEqual([KEY]);
  });

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['eu-central-1', 'aws'],
  ])('gets an ARN in the partition of %s', (awsRegion, partition) => {
    const { keyArns } = call({ awsRegion, resources: [], requestParameters: { keyId: KEY_ID } });
    expect(keyArns).toEqual([`arn:${partition}:kms:${awsRegion}:111122223333:key/${KEY_ID}`]);
  });

  it('is not made up from what is no key ID, or without an account', () => {
    for (const keyId of ['orders', '1', `${KEY_ID}0`, 'mrk-12', `mrk-${'g'.repeat(32)}`, KEY_ID.slice(1), 7, {}]) {
      expect(call({ resources: [], requestParameters: { keyId } }).keyArns).toEqual([]);
    }
    expect(call({ recipientAccountId: 'masked', resources: [], requestParameters: { keyId: KEY_ID } }).keyArns).toEqual(
      [],
    );
  });

  it('takes bounded work and room among 10,000 resources', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({ ARN: `${KEY.slice(0, -5)}${10_000 + i}` }));
    expect(call({ resources: many }).keyArns).toHaveLength(1);
    expect(call({ eventName: 'ReEncrypt', resources: many }).keyArns).toHaveLength(2);
    const aliases = Array.from({ length: 10_000 }, () => ({ ARN: ALIAS }));
    expect(call({ eventName: 'ReEncrypt', resources: [...aliases, { ARN: KEY }] }).keyArns).toEqual([KEY]);
    const long = { ARN: `${KEY}${'0'.repeat(100_000)}` };
    expect(call({ resources: [long, { ARN: KEY }] }).keyArns).toEqual([KEY]);
  });
});

describe('the caller and the account of a call', () => {
  it('trap 8: need neither type nor arn nor accountId', () => {
    const internal = { accountId: '111122223333', invokedBy: 'AWS Internal' };
    expect(call({ eventName: 'RotateKey', userIdentity: internal }).caller).toBe('AWS Internal');
    expect(call({ userIdentity: { type: 'AWSService', invokedBy: 'dynamodb.amazonaws.com' } }).caller).toBe(
      'dynamodb.amazonaws.com',
    );
    expect(call({ userIdentity: { type: 'AWSAccount', accountId: '444455556666', principalId: 'AIDAX' } }).caller).toBe(
      '444455556666',
    );
    expect(call({ userIdentity: { principalId: 'AIDAX' } }).caller).toBe('AIDAX');
    for (const userIdentity of [undefined, null, 'Alice', [], {}, { arn: 7 }, { sessionContext: 'x' }]) {
      expect(call({ userIdentity }).caller).toBe(UNKNOWN_CALLER);
    }
  });

  it('trap 9: are the role, not the session', () => {
    const arn = 'arn:aws:sts::111122223333:assumed-role/App/jane@example.com';
    const role = 'arn:aws:iam::111122223333:role/App';
    const identity = (sessionIssuer: unknown) => ({ type: 'AssumedRole', arn, sessionContext: { sessionIssuer } });
    expect(call({ userIdentity: identity({ arn: role }) }).caller).toBe(role);
    // An issuer without a name names nobody; then the session's ARN tells the role.
    expect(call({ userIdentity: identity({ arn: '' }) }).caller).toBe(role);
    expect(call({ userIdentity: identity(null) }).caller).toBe(role);
  });

  it('a role known only by its session is one caller, and no session name is kept', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom('aws', 'aws-cn', 'aws-us-gov'), (session, partition) => {
        const arn = `arn:${partition}:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b/${session}`;
        for (const sessionContext of [undefined, null, {}, { sessionIssuer: {} }]) {
          const identity = { type: 'AssumedRole', principalId: `AROAEXAMPLE:${session}`, arn, sessionContext };
          expect(call({ userIdentity: identity }).caller).toBe(
            `arn:${partition}:iam::111122223333:role/AWSReservedSSO_Admin_0a1b`,
          );
          expect(call({ userIdentity: { ...identity, arn: undefined } }).caller).toBe('AROAEXAMPLE');
        }
      }),
      { numRuns: 50 },
    );
    // A federated user is nobody's session.
    const arn = 'arn:aws:sts::111122223333:federated-user/Jane';
    expect(call({ userIdentity: { type: 'FederatedUser', arn } }).caller).toBe(arn);
  });

  it('are of the log that holds the record, else of the caller, else of the key', () => {
    expect(call({ recipientAccountId: '444455556666' }).account).toBe('444455556666');
    expect(call({ recipientAccountId: undefined }).account).toBe('111122223333');
    expect(call({ recipientAccountId: null, userIdentity: { accountId: 'ANONYMOUS_PRINCIPAL' } }).account).toBe(
      '111122223333',
    );
    expect(rejection({ recipientAccountId: '', userIdentity: null, resources: [] })).toEqual({
      reason: 'missing-field',
      field: 'recipientAccountId',
    });
  });
});

describe('what is and what is no call', () => {
  it('trap 10: keeps both ids of a cross-account call', () => {
    const sharedEventID = '5f1f7a3c-0000-4000-8000-0000000000ff';
    const mine = call({ sharedEventID });
    const theirs = call({
      sharedEventID,
      eventID: '5f1f7a3c-0000-4000-8000-000000000002',
      recipientAccountId: '444455556666',
    });
    expect(mine.sharedEventId).toBe(theirs.sharedEventId);
    expect(mine.eventId).not.toBe(theirs.eventId);
    expect([mine.account, theirs.account]).toEqual(['111122223333', '444455556666']);
  });

  it('trap 11: keeps the error, that of a dry run too', () => {
    expect(call({ errorCode: 'DryRunOperationException' }).error).toBe('DryRunOperationException');
    expect(call({ errorCode: 'AccessDenied' }).error).toBe('AccessDenied');
    expect(call({ errorCode: '' }).error).toBe(null);
  });

  it('trap 13: does not go by eventType', () => {
    expect(call({ eventName: 'SynchronizeMultiRegionKey', eventType: 'AwsApiCall' }).operation).toBe(
      'SynchronizeMultiRegionKey',
    );
    expect(call({ eventName: 'GenerateDataKey', eventType: 'AwsServiceEvent' }).operation).toBe('GenerateDataKey');
  });

  it('trap 14: sets network activity aside, however it is spelt', () => {
    const expected = { reason: 'network-activity' };
    expect(rejection({ eventType: 'AwsVpceEvent', eventCategory: undefined })).toEqual(expected);
    expect(rejection({ eventType: 'AwsVpceEvents', eventCategory: undefined })).toEqual(expected);
    expect(rejection({ eventCategory: 'NetworkActivity', eventType: undefined })).toEqual(expected);
  });

  it('trap 18: goes by no eventVersion, which is no decimal: 1.10 is later than 1.9', () => {
    const versions = ['1.0', '1.9', '1.10', '1.11', '2.0', undefined].map((eventVersion) => call({ eventVersion }));
    for (const other of versions) expect(other).toEqual(versions[0]);
  });

  it('trap 17: sets corrections aside, and counts what merely came late', () => {
    expect(rejection({ addendum: { reason: 'UPDATED_DATA', originalEventID: 'x' } })).toEqual({
      reason: 'updated-data',
    });
    expect(call({ addendum: { reason: 'DELIVERY_DELAY' } }).operation).toBe('Decrypt');
    expect(call({ addendum: 'UPDATED_DATA' }).operation).toBe('Decrypt');
  });

  it('sets summaries aside, which may have no eventSource', () => {
    for (const fields of [{ eventCategory: 'Insight' }, { eventType: 'AwsAggregatedEvent' }]) {
      expect(rejection(fields)).toEqual({ reason: 'summary' });
      expect(rejection({ ...fields, eventSource: undefined, eventTime: undefined })).toEqual({ reason: 'summary' });
    }
  });

  it('sets other services aside before it looks any further', () => {
    expect(parseRecord({ eventSource: 's3.amazonaws.com' })).toEqual({ reason: 'not-kms' });
    expect(rejection({ eventSource: 'KMS.amazonaws.com' })).toEqual({ reason: 'not-kms' });
  });

  it.each(['eventTime', 'eventName', 'awsRegion', 'eventSource'])(
    'names %s when it is missing or malformed',
    (field) => {
      for (const value of [undefined, null, ''])
        expect(rejection({ [field]: value })).toEqual({ reason: 'missing-field', field });
      for (const value of [7, true, {}, ['Decrypt']]) {
        expect(rejection({ [field]: value })).toEqual({ reason: 'malformed-field', field });
      }
    },
  );

  it('tells a time that is none from one that CloudTrail cannot have written', () => {
    const field = 'eventTime';
    for (const eventTime of ['redacted', '2024-02-30T00:00:00Z', '2024-07-01T25:00:00Z', 'Mon Jul 1 2024']) {
      expect(rejection({ eventTime })).toEqual({ reason: 'malformed-field', field });
    }
    for (const eventTime of ['1970-01-01T00:00:00Z', '2013-10-31T23:59:59Z', '2100-01-01T00:00:00Z']) {
      expect(rejection({ eventTime })).toEqual({ reason: 'time-out-of-range', field });
    }
  });

  it('names errorCode and recipientAccountId when they are malformed, and an eventName of absurd length', () => {
    for (const value of [0, false, {}, []]) {
      expect(rejection({ errorCode: value })).toEqual({ reason: 'malformed-field', field: 'errorCode' });
      expect(rejection({ recipientAccountId: value })).toEqual({
        reason: 'malformed-field',
        field: 'recipientAccountId',
      });
    }
    expect(rejection({ eventName: 'x'.repeat(129) })).toEqual({ reason: 'malformed-field', field: 'eventName' });
  });

  it('counts a call without a usable eventID', () => {
    for (const eventID of [undefined, null, 7, {}]) expect(call({ eventID }).eventId).toBe('');
  });
});

describe('strings that repeat', () => {
  it('stay what they are after more of them than are kept', () => {
    for (let i = 0; i < 40_000; i++) {
      const caller = `arn:aws:iam::111122223333:role/App${i % 20_000}`;
      expect(call({ userIdentity: { arn: caller } }).caller).toBe(caller);
    }
    const long = `arn:aws:iam::111122223333:role/${'a'.repeat(1500)}`;
    expect(call({ userIdentity: { arn: long } }).caller).toBe(long);
  });
});

describe('names that mean something to JavaScript', () => {
  it('are texts like any other', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const result = call({ eventName: name, userIdentity: { arn: name }, errorCode: name, awsRegion: name });
      expect(result).toMatchObject({ operation: name, caller: name, error: name, region: name });
    }
    const planted = `{"__proto__": {"eventName": "Polluted"}, ${JSON.stringify(record({ eventName: undefined })).slice(1)}`;
    expect(parseRecord(planted)).toEqual({ reason: 'missing-field', field: 'eventName' });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { eventName?: string }).eventName).toBeUndefined();
  });
});

describe('trap 41: what must not be stored', () => {
  const SECRET = 'hunter2-tenant-4711';
  const hiding = {
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::111122223333:assumed-role/App/${SECRET}`,
      principalId: `AROAX:${SECRET}`,
      accountId: '111122223333',
      accessKeyId: SECRET,
      userName: SECRET,
      onBehalfOf: { userId: SECRET },
      sessionContext: {
        attributes: { creationDate: SECRET },
        sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/App', principalId: SECRET, userName: SECRET },
      },
    },
    sourceIPAddress: SECRET,
    userAgent: SECRET,
    errorMessage: SECRET,
    requestID: SECRET,
    vpcEndpointId: SECRET,
    tlsDetails: { clientProvidedHostHeader: SECRET },
    additionalEventData: { keyMaterialId: SECRET },
    requestParameters: {
      encryptionContext: { tenant: SECRET, [SECRET]: 'x' },
      sourceEncryptionContext: { tenant: SECRET },
      destinationEncryptionContext: { tenant: SECRET },
      policy: SECRET,
      description: SECRET,
      granteePrincipal: SECRET,
      tags: [{ tagKey: SECRET, tagValue: SECRET }],
    },
    responseElements: { keyMetadata: { arn: KEY, description: SECRET }, secret: SECRET },
    resources: [{ accountId: SECRET, type: SECRET, ARN: KEY, extra: SECRET }],
  };

  it('leaves with no call', () => {
    expect(JSON.stringify(record(hiding))).toContain(SECRET);
    for (const eventName of ['Decrypt', 'ReEncrypt', 'PutKeyPolicy', 'CreateGrant', 'CreateKey']) {
      expect(JSON.stringify(parseRecord(record({ ...hiding, eventName })))).not.toContain(SECRET);
      expect(JSON.stringify(parseRecord(record({ ...hiding, eventName, resources: null })))).not.toContain(SECRET);
    }
  });

  it('leaves with no rejection, whose field is named but not quoted', () => {
    const faults = ['eventTime', 'eventName', 'awsRegion', 'eventSource', 'errorCode', 'recipientAccountId'];
    for (const field of faults) {
      expect(JSON.stringify(parseRecord(record({ ...hiding, [field]: [SECRET] })))).not.toContain(SECRET);
    }
    expect(JSON.stringify(parseRecord(record({ ...hiding, eventTime: SECRET })))).not.toContain(SECRET);
  });
});
