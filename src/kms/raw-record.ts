/**
 * The fields of a CloudTrail record that are looked at, none of which is taken on trust (CloudTrail User Guide, record
 * contents and userIdentity). Everything else in a record stays unread.
 */
export interface RawRecord {
  readonly eventTime?: unknown;
  readonly eventSource?: unknown;
  readonly eventName?: unknown;
  readonly eventType?: unknown;
  readonly eventCategory?: unknown;
  readonly eventID?: unknown;
  readonly sharedEventID?: unknown;
  readonly awsRegion?: unknown;
  readonly recipientAccountId?: unknown;
  readonly errorCode?: unknown;
  readonly addendum?: unknown;
  readonly userIdentity?: unknown;
  readonly resources?: unknown;
  readonly requestParameters?: unknown;
  readonly responseElements?: unknown;
  readonly serviceEventDetails?: unknown;
}

/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One value of an object that may be none; `undefined` where it has none of its own. */
export function at(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** `value` when it is a string of 1 to `max` characters, else `null`. */
export function textOf(value: unknown, max: number): string | null {
  return typeof value === 'string' && value !== '' && value.length <= max ? value : null;
}

/** The fields of a record that are its own: what a prototype has is nobody's data. */
export function ownFields(record: RawRecord): RawRecord {
  const own = (name: keyof RawRecord): unknown => (Object.hasOwn(record, name) ? record[name] : undefined);
  return {
    eventTime: own('eventTime'),
    eventSource: own('eventSource'),
    eventName: own('eventName'),
    eventType: own('eventType'),
    eventCategory: own('eventCategory'),
    eventID: own('eventID'),
    sharedEventID: own('sharedEventID'),
    awsRegion: own('awsRegion'),
    recipientAccountId: own('recipientAccountId'),
    errorCode: own('errorCode'),
    addendum: own('addendum'),
    userIdentity: own('userIdentity'),
    resources: own('resources'),
    requestParameters: own('requestParameters'),
    responseElements: own('responseElements'),
    serviceEventDetails: own('serviceEventDetails'),
  };
}
