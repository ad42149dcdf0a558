import { createHash } from 'node:crypto';
import type { Handler, WireAnswer } from './fake-aws.js';

export interface FakeObject {
  readonly body: Uint8Array;
  readonly metadata?: Readonly<Record<string, string>>;
  /** May be listed, but not read. */
  readonly denied?: boolean;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const noSuchKey: WireAnswer = {
  status: 404,
  body: '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>',
};

/** ListObjectsV2 and GetObject as S3 has them, of one bucket by its path; objects may change while it runs. */
export function fakeS3(
  objects: Map<string, FakeObject>,
  options: { bucket?: string; keysPerPage?: number } = {},
): Record<string, Handler> {
  const { bucket = 'logs', keysPerPage = 1000 } = options;
  const get: Handler = ({ url, headers }) => {
    const [, asked, ...rest] = decodeURIComponent(url.pathname).split('/');
    if (asked !== bucket) {
      return {
        status: 404,
        body: '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>no</Message></Error>',
      };
    }
    const key = rest.join('/');
    return key === '' ? list(objects, url, keysPerPage) : object(objects.get(key), headers.range, headers['if-match']);
  };
  return { 's3:GET': get };
}

function object(found: FakeObject | undefined, range: string | undefined, ifMatch: string | undefined): WireAnswer {
  if (found === undefined) return noSuchKey;
  if (found.denied) {
    return { status: 403, body: '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>' };
  }
  const etag = `"${createHash('sha256').update(found.body).digest('hex').slice(0, 32)}"`;
  if (ifMatch !== undefined && ifMatch !== etag) {
    return {
      status: 412,
      body: '<?xml version="1.0"?><Error><Code>PreconditionFailed</Code><Message>x</Message></Error>',
    };
  }
  const from = range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
  const metadata = Object.entries(found.metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    status: from === 0 ? 200 : 206,
    headers: { etag, 'content-type': 'application/x-gzip', ...Object.fromEntries(metadata) },
    body: found.body.subarray(from),
  };
}

function list(objects: Map<string, FakeObject>, url: URL, keysPerPage: number): WireAnswer {
  const prefix = url.searchParams.get('prefix') ?? '';
  const delimiter = url.searchParams.get('delimiter');
  const after = url.searchParams.get('continuation-token') ?? url.searchParams.get('start-after') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const folders = new Set<string>();
  const contents: string[] = [];
  let last = '';
  let truncated = false;
  for (const key of keys) {
    const rest = key.slice(prefix.length);
    const folder =
      delimiter !== null && rest.includes(delimiter) ? prefix + rest.split(delimiter)[0] + delimiter : null;
    const name = folder ?? key;
    if (name <= after || (folder !== null && folders.has(folder))) continue;
    if (folders.size + contents.length === keysPerPage) {
      truncated = true;
      break;
    }
    if (folder !== null) folders.add(folder);
    else contents.push(key);
    last = name;
  }
  return {
    body: `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Prefix>${escaped(prefix)}</Prefix>
<IsTruncated>${truncated}</IsTruncated>${truncated ? `<NextContinuationToken>${escaped(last)}</NextContinuationToken>` : ''}
${contents.map((key) => `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.body.length}</Size></Contents>`).join('')}
${[...folders].map((folder) => `<CommonPrefixes><Prefix>${escaped(folder)}</Prefix></CommonPrefixes>`).join('')}
</ListBucketResult>`,
  };
}

/** The key of a log file published at a time. */
export function logKey(
  time: number,
  name: string,
  options: { account?: string; region?: string; root?: string; kind?: string } = {},
): string {
  const { account = '111122223333', region = 'eu-central-1', root = 'AWSLogs/', kind = 'CloudTrail' } = options;
  const stamp = new Date(time).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
  const day = new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${root}${account}/${kind}/${region}/${day}/${account}_${kind}_${region}_${stamp}Z_${name}.json.gz`;
}
