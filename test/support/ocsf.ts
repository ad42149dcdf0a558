type Fields = Readonly<Record<string, unknown>>;

const VERSIONS = ['1.0.0-rc.2', '1.1.0', '1.5.0'] as const;
export type OcsfVersion = (typeof VERSIONS)[number];
export const OCSF_VERSIONS: readonly OcsfVersion[] = VERSIONS;

const own = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Without what is null or absent: Security Lake leaves such fields out of JSON. */
function set(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== null && (Array.isArray(value) || !isEmpty(value)),
    ),
  );
}

const isEmpty = (value: unknown): boolean => typeof value === 'object' && Object.keys(own(value)).length === 0;

/** Parts of an object with dots between their names, as texts: how `unmapped` holds them. */
function flat(name: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null)
    return value === null || value === undefined ? [] : [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(`${name}.${key}`, inner));
}

/**
 * A CloudTrail record as Security Lake maps it to OCSF: github.com/ocsf/examples, mappings/markdown/AWS/…/CloudTrail/API
 * Activity, written here from the record's side and not with the reader's names in sight.
 */
export function ocsfOf(record: Fields, version: OcsfVersion, { json = true } = {}): Fields {
  const old = version === '1.0.0-rc.2';
  const identity = own(record['userIdentity']);
  const issuer = own(own(identity['sessionContext'])['sessionIssuer']);
  const objects = ['requestParameters', 'responseElements', 'serviceEventDetails', 'addendum'].flatMap((name) => {
    const inApi = !old && (name === 'requestParameters' || name === 'responseElements');
    const value = record[name];
    if (inApi || value === undefined || value === null) return [];
    return json ? [[name, JSON.stringify(value)]] : flat(name, value);
  });
  const text = (value: unknown) => (value === undefined || value === null ? undefined : JSON.stringify(value));
  const resources = record['resources'];
  return set({
    class_uid: old ? 3005 : 6003,
    class_name: 'API Activity',
    metadata: set({
      version,
      uid: record['eventID'],
      event_code: old ? undefined : record['eventType'],
      product: set({
        ...{ name: 'CloudTrail', vendor_name: 'AWS', version: record['eventVersion'] },
        feature: set({ name: record['eventCategory'] }),
      }),
    }),
    message: 'words for people',
    time: Date.parse(record['eventTime'] as string),
    cloud: set({ provider: 'AWS', region: record['awsRegion'] }),
    api: set({
      operation: record['eventName'],
      service: { name: record['eventSource'] },
      request: set({ uid: '1c8a6220', data: old ? undefined : text(record['requestParameters']) }),
      response: set({ error: record['errorCode'], data: old ? undefined : text(record['responseElements']) }),
    }),
    actor: set({
      invoked_by: identity['invokedBy'],
      session: set({ issuer: issuer['arn'] }),
      user: set({
        type: identity['type'],
        ...(old
          ? { uid: identity['principalId'], uuid: identity['arn'], account_uid: identity['accountId'] }
          : { uid: identity['arn'], uid_alt: identity['principalId'], account: set({ uid: identity['accountId'] }) }),
      }),
    }),
    resources: Array.isArray(resources)
      ? resources.map((one) => set({ uid: own(one)['ARN'], type: own(one)['type'] }))
      : undefined,
    status: record['errorCode'] === undefined ? 'Success' : 'Failure',
    status_id: record['errorCode'] === undefined ? 1 : 2,
    unmapped: set({
      ...Object.fromEntries(objects),
      eventType: old ? record['eventType'] : undefined,
      recipientAccountId: record['recipientAccountId'],
      sharedEventID: record['sharedEventID'],
    }),
  });
}
