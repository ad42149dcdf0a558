import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const SEED = 20260301;

const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const START = Date.UTC(2026, 2, 1);

export interface LogFolder {
  readonly folder: string;
  readonly files: readonly string[];
  /** Of all files, decompressed and as they are. */
  readonly bytes: number;
  readonly compressed: number;
  readonly records: number;
  remove(): void;
}

/**
 * A folder of gzipped log files as CloudTrail delivers them: `share` of the records are KMS calls (seven callers, 40 keys,
 * a session's name of its own for every tenth record), the others are reads of S3, EC2, DynamoDB and STS with what such
 * records hold. Some 1.5 kB a record.
 */
export function makeLogs({ records, perFile, share }: { records: number; perFile: number; share: number }): LogFolder {
  const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-bench-'));
  const random = mulberry(SEED);
  const files: string[] = [];
  let bytes = 0;
  let compressed = 0;
  for (let first = 0; first < records; first += perFile) {
    const texts: string[] = [];
    for (let i = first; i < Math.min(records, first + perFile); i++) {
      const isKms = Math.floor((i + 1) * share) > Math.floor(i * share);
      texts.push(JSON.stringify(isKms ? kmsRecord(i, random) : otherRecord(i, random)));
    }
    const text = Buffer.from(`{"Records":[${texts.join(',')}]}`);
    const packed = gzipSync(text);
    const path = join(folder, `${ACCOUNT}_CloudTrail_${REGION}_${stamp(first)}_${hex(random, 16)}.json.gz`);
    writeFileSync(path, packed);
    files.push(path);
    bytes += text.length;
    compressed += packed.length;
  }
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { folder, files, bytes, compressed, records, remove };
}

type Random = () => number;

function kmsRecord(i: number, random: Random): object {
  const operation = pick(['Decrypt', 'Decrypt', 'Decrypt', 'GenerateDataKey', 'Encrypt', 'DescribeKey'], random);
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(Math.floor(random() ** 2 * 40)).padStart(12, '0')}`;
  return {
    ...head(i, random),
    eventSource: 'kms.amazonaws.com',
    eventName: operation,
    ...where(random),
    ...(random() < 0.02
      ? { errorCode: 'AccessDenied', errorMessage: `User is not authorized to perform: kms:${operation}` }
      : {}),
    requestParameters: {
      encryptionContext: {
        'aws:s3:arn': `arn:aws:s3:::records-of-the-shop/2026/03/${hex(random, 12)}.parquet`,
        tenant: hex(random, 8),
      },
      keyId: arn,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
    responseElements: null,
    additionalEventData: { keyMaterialId: hex(random, 64) },
    requestID: uuid(random),
    eventID: uuid(random),
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    ...tail(random),
  };
}

function otherRecord(i: number, random: Random): object {
  const [source, name, parameters] = pick(OTHERS, random);
  return {
    ...head(i, random),
    eventSource: source,
    eventName: name,
    ...where(random),
    requestParameters: parameters(random),
    responseElements: null,
    additionalEventData: {
      SignatureVersion: 'SigV4',
      CipherSuite: 'TLS_AES_128_GCM_SHA256',
      bytesTransferredIn: 0,
      AuthenticationMethod: 'AuthHeader',
      'x-amz-id-2': `${hex(random, 40)}=`,
      bytesTransferredOut: Math.floor(random() * 1e5),
    },
    requestID: uuid(random),
    eventID: uuid(random),
    readOnly: true,
    ...tail(random),
  };
}

const OTHERS: readonly (readonly [string, string, (random: Random) => object])[] = [
  [
    's3.amazonaws.com',
    'GetBucketAcl',
    (r) => ({ bucketName: `shop-${hex(r, 6)}`, Host: `s3.${REGION}.amazonaws.com`, acl: '' }),
  ],
  [
    'ec2.amazonaws.com',
    'DescribeInstances',
    (r) => ({
      instancesSet: {},
      filterSet: { items: [{ name: 'instance-id', valueSet: { items: [{ value: `i-${hex(r, 17)}` }] } }] },
    }),
  ],
  ['dynamodb.amazonaws.com', 'DescribeTable', (r) => ({ tableName: `orders-${hex(r, 4)}` })],
  [
    'sts.amazonaws.com',
    'AssumeRole',
    (r) => ({ roleArn: `arn:aws:iam::${ACCOUNT}:role/App`, roleSessionName: `s-${hex(r, 12)}`, durationSeconds: 3600 }),
  ],
];

function head(i: number, random: Random): object {
  const role = `App${Math.floor(random() * 7)}`;
  const session = random() < 0.1 ? hex(random, 10) : 'i-0123456789abcdef0';
  const time = new Date(START + Math.floor(i / 20) * 1000).toISOString().replace('.000', '');
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLEEXAMPLE${role}:${session}`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
      accountId: ACCOUNT,
      accessKeyId: `ASIA${hex(random, 16).toUpperCase()}`,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: `AROAEXAMPLEEXAMPLE${role}`,
          arn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
          accountId: ACCOUNT,
          userName: role,
        },
        attributes: { creationDate: time, mfaAuthenticated: 'false' },
      },
      invokedBy: 'AWS Internal',
    },
    eventTime: time,
  };
}

function where(random: Random): object {
  return {
    awsRegion: REGION,
    sourceIPAddress: `10.0.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`,
    userAgent:
      'aws-sdk-java/2.30.1 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.132 lang/java#21.0.6 md/OpenJDK_64-Bit_Server_VM',
  };
}

function tail(random: Random): object {
  return {
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `kms.${REGION}.amazonaws.com`,
      keyExchange: random() < 0.5 ? 'X25519MLKEM768' : 'x25519',
    },
  };
}

function stamp(i: number): string {
  return new Date(START + Math.floor(i / 20) * 1000).toISOString().replace(/[-:]/g, '').slice(0, 13).concat('Z');
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)];
}

function hex(random: Random, length: number): string {
  let text = '';
  while (text.length < length)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, length);
}

export function uuid(random: Random): string {
  const digits = hex(random, 32);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/** Mulberry32: small, seeded, good enough to vary a text. */
export function mulberry(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
