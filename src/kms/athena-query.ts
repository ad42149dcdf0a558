import { checkInteger, checkOptions, InputError, type OptionNames } from '../errors.js';
import type { SeriesKey } from '../series/key.js';
import { HOUR, MAX_BUCKETS, MAX_STEP, MINUTE } from '../time/grid.js';
import { type AthenaTable, listOf, literal, partitionsOf, tableName } from './athena-sql.js';
import { type CallField, checkLevels, DEFAULT_BY } from './call-rows.js';
import { TICK } from './coverage.js';
import { EARLIEST, LATEST } from './event-time.js';
import { MAX_ARN, PARTITIONS } from './key-arns.js';
import { MAX_CALLER, MAX_ERROR, MAX_NAME, SESSION_ARN, SESSION_ID, UNKNOWN_CALLER } from './parse-record.js';

export interface AthenaCountOptions extends AthenaTable {
  /** Width of a bucket in ms, counted from `from`; 5 minutes by default. */
  readonly step?: number;
  /** As for `countCalls`. */
  readonly by?: readonly (readonly (keyof SeriesKey)[])[];
}

/** The ARN partition of a record's Region. */
const PARTITION = `CASE ${PARTITIONS.map(([prefix, name]) => `WHEN awsregion LIKE '${prefix}%' THEN '${name}'`).join(' ')} ELSE 'aws' END`;

/** Columns of the answer by the names that they hold. */
export const COLUMN_OF: Readonly<Record<CallField, string>> = {
  operation: 'operation',
  keyArn: 'key_arn',
  account: 'account',
  region: 'region',
  caller: 'caller',
  outcome: 'outcome',
};

/**
 * One query of Athena (engine version 3, Trino's dialect) that counts KMS calls where the logs are: what `parseRecord` and
 * `countCalls` do, with the same rules, as a single GROUP BY over one scan. `readAthenaCounts` turns its answer into a
 * `SeriesSet`, the one that `countCalls` makes of the same records with `start` and `end` where these have from and to.
 *
 * - Records are calls by `parseRecord`'s rules: network activity, summaries and corrections are set aside, a bare key ID is
 *   completed, the caller is the role and not the session. What is set aside comes back counted by reason.
 * - Copies are told by account, Region, `eventID` and the hour of the call; both accounts' records of a cross-account call
 *   count once in each row that both belong to. ReEncrypt counts under both of its keys.
 * - The table has turned every field into text, so a field of another JSON type is read as its text, where `parseRecord`
 *   sets the record aside.
 *
 * Athena bills the bytes of the log files of the days read, whatever is counted of them.
 * @throws InputError for an option out of range, by its name
 */
export function athenaCountQuery(options: AthenaCountOptions): string {
  checkOptions(options, ATHENA_COUNT_OPTIONS);
  const { from, to, where } = partitionsOf(options);
  const step = checkInteger(options.step ?? 5 * MINUTE, 'step', 1, MAX_STEP);
  if ((to - from) / step > MAX_BUCKETS) {
    throw new InputError(
      `step must be wide enough for at most ${MAX_BUCKETS} buckets, got ${step} ms over ${to - from} ms`,
    );
  }
  const levels = checkLevels(options.by ?? DEFAULT_BY);
  const fields = new Set(levels.flat());
  const byKey = fields.has('keyArn');
  const sets = levels.map((level) => `(${['bucket', ...level.map((field) => COLUMN_OF[field])].join(', ')})`);
  const accounts = listOf(options.accounts, 'accounts');
  const regions = listOf(options.regions, 'regions');
  const outside = [
    `time < ${from} OR time >= ${to}`,
    ...(accounts === null ? [] : [`account NOT IN ${accounts}`]),
    ...(regions === null ? [] : [`region NOT IN ${regions}`]),
  ];
  // A level that names the key counts a call under each of its keys, the others once. Calls that two accounts may have a
  // record of are few: only they need DISTINCT.
  const once = `count(*) FILTER (WHERE shared IS NULL${byKey ? ' AND is_first' : ''})`;
  const own = byKey
    ? `CASE WHEN grouping(key_arn) = 0 THEN count(*) FILTER (WHERE shared IS NULL) ELSE ${once} END`
    : once;

  return `WITH records AS (
  SELECT
    CASE
      WHEN eventcategory = 'NetworkActivity' OR eventtype IN ('AwsVpceEvent', 'AwsVpceEvents') THEN 'network-activity'
      WHEN eventcategory IN ('Insight', 'Aggregated')
        OR eventtype IN ('AwsCloudTrailInsight', 'AwsAggregatedEvent') THEN 'summary'
      WHEN addendum.reason = 'UPDATED_DATA' THEN 'updated-data'
      WHEN COALESCE(eventsource, '') = '' OR COALESCE(eventtime, '') = '' THEN 'missing-field'
    END AS not_a_call,
    ${timeOf('eventtime')} AS time,
    eventname,
    awsregion,
    errorcode,
    recipientaccountid,
    COALESCE(
      ${textOf('recipientaccountid', MAX_NAME)},
      CASE WHEN regexp_like(useridentity.accountid, '^[0-9]{12}$') THEN useridentity.accountid END) AS owner,
    COALESCE(
      ${textOf('useridentity.sessioncontext.sessionissuer.arn', MAX_CALLER)},
      ${textOf('useridentity.arn', MAX_CALLER)},
      ${textOf('useridentity.invokedby', MAX_CALLER)},
      ${textOf('useridentity.accountid', MAX_CALLER)},
      ${textOf('useridentity.principalid', MAX_CALLER)},
      ${literal(UNKNOWN_CALLER)}) AS principal,
    CASE WHEN eventid <> '' THEN eventid END AS event_id,
    CASE WHEN sharedeventid <> '' THEN sharedeventid END AS shared_id,
    filter(resources, r -> ${isKeyArn('r.arn')}) AS listed,
    ${PARTITION} AS arn_partition,
    ${inJson('responseelements', '$.keyId')} AS answered_id,
    ${inJson('responseelements', '$.keyMetadata.arn')} AS answered_arn,
    ${inJson('serviceeventdetails', '$.keyId')} AS served,
    CASE WHEN eventname = 'ReEncrypt'
      THEN ${inJson('requestparameters', '$.sourceKeyId')}
      ELSE ${inJson('requestparameters', '$.keyId')} END AS asked_first,
    CASE WHEN eventname = 'ReEncrypt'
      THEN ${inJson('requestparameters', '$.destinationKeyId')}
      ELSE ${inJson('requestparameters', '$.targetKeyId')} END AS asked_second
  FROM ${tableName(options.table)}
  WHERE ${where}
    AND COALESCE(eventsource, '') IN ('kms.amazonaws.com', '')
),
-- A bare key ID means a key of the caller's account and Region. Resources come first, whatever the request said.
named AS (
  SELECT
    records.*,
    element_at(listed, 1).arn AS listed_first,
    element_at(filter(listed, r -> r.arn <> element_at(listed, 1).arn), 1).arn AS listed_second,
    ${withoutSession('principal')} AS caller,
    COALESCE(${ifKeyArn('answered_id')}, ${ifKeyArn('answered_arn')}, ${completed('served')}) AS answered,
    ${completed('asked_first')} AS asked_1,
    ${completed('asked_second')} AS asked_2
  FROM records
),
keyed AS (
  SELECT
    named.*,
    COALESCE(listed_first, answered, asked_1, asked_2) AS key_1,
    CASE
      WHEN eventname <> 'ReEncrypt' THEN NULL
      WHEN listed_first IS NOT NULL THEN listed_second
      WHEN answered IS NULL AND asked_2 <> asked_1 THEN asked_2
    END AS key_2
  FROM named
),
calls AS (
  SELECT
    keyed.*,
    eventname AS operation,
    awsregion AS region,
    COALESCE(owner, NULLIF(regexp_extract(key_1, '^arn:[^:]+:kms:[^:]+:([0-9]{12}):key/', 1), '')) AS account,
    CASE
      WHEN COALESCE(errorcode, '') = '' THEN 'ok'
      WHEN errorcode = 'DryRunOperationException' THEN 'dry-run'
      ELSE 'error'
    END AS outcome
  FROM keyed
),
judged AS (
  SELECT
    calls.*,
    CASE
      WHEN not_a_call IS NOT NULL THEN not_a_call
      WHEN time IS NULL THEN 'malformed-field'
      WHEN time < ${EARLIEST} OR time >= ${LATEST} THEN 'time-out-of-range'
      WHEN COALESCE(operation, '') = '' OR COALESCE(region, '') = '' THEN 'missing-field'
      WHEN length(operation) > ${MAX_NAME} OR length(region) > ${MAX_NAME} OR length(errorcode) > ${MAX_ERROR}
        OR length(recipientaccountid) > ${MAX_NAME} THEN 'malformed-field'
      WHEN account IS NULL THEN 'missing-field'
      WHEN ${outside.join(' OR ')} THEN 'outside'
    END AS set_aside
  FROM calls
),
numbered AS (
  SELECT
    judged.*,
    row_number() OVER (
      PARTITION BY set_aside, account, region, event_id, time - mod(time, ${HOUR})
      ORDER BY time, operation, key_1, caller) AS copy
  FROM judged
),
told AS (
  SELECT
    numbered.*,
    CASE WHEN set_aside IS NULL AND event_id IS NOT NULL AND copy > 1 THEN 'duplicate' ELSE set_aside END AS reason
  FROM numbered
),
counted AS (
  SELECT
    reason,
    CASE WHEN reason IS NULL THEN time - mod(time - ${from}, ${step}) END AS bucket,
    CASE WHEN reason IS NULL THEN account || ' ' || region END AS source,
    CASE WHEN reason IS NULL THEN region || ' ' || CAST(time - mod(time, ${HOUR}) AS varchar) || ' ' || shared_id END AS shared,
    operation, account, region, caller, outcome${byKey ? ',\n    key_arn, key_arn IS NOT DISTINCT FROM key_1 AS is_first' : ''}
  FROM told${byKey ? '\n  CROSS JOIN UNNEST(CASE WHEN key_2 IS NULL THEN ARRAY[key_1] ELSE ARRAY[key_1, key_2] END) AS keys (key_arn)' : ''}
)
SELECT
  COALESCE(reason, 'calls') AS kind,
  bucket,
${Object.entries(COLUMN_OF)
  .map(([field, column]) => `  ${fields.has(field as CallField) ? column : `CAST(NULL AS varchar) AS ${column}`},\n`)
  .join('')}  ${own} + count(DISTINCT shared) AS calls,
  array_join(array_sort(map_keys(histogram(source))), ',') AS sources
FROM counted
GROUP BY GROUPING SETS (${[...sets, '(reason)'].join(', ')})
-- Without a bucket: a group of what is set aside among the levels. Without a reason: that of the calls among the reasons.
HAVING (bucket IS NOT NULL OR reason IS NOT NULL)${byKey ? ' AND (grouping(key_arn) = 1 OR key_arn IS NOT NULL)' : ''}
${(
  [
    ['asked-from', from],
    ['asked-step', step],
    ['asked-to', to],
  ] as const
)
  .map(([kind, value]) => `UNION ALL SELECT '${kind}', ${value}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`)
  .join('\n')}
ORDER BY 1, 3, 4, 5, 6, 7, 8, 2`;
}

/** The names of {@link AthenaCountOptions}. */
export const ATHENA_COUNT_OPTIONS: OptionNames<AthenaCountOptions> = {
  step: true,
  by: true,
  table: true,
  from: true,
  to: true,
  date: true,
  accounts: true,
  regions: true,
  partitions: true,
};

/**
 * The query that tells when the logs were listening, from all their records, those of other services too;
 * `readAthenaCoverage` turns its answer into the coverage that `readCloudTrail` tells of the same records. It reads the
 * log files once more: where `trailCoverage` can say what the trails recorded, that costs nothing.
 * @throws InputError for an option out of range, by its name
 */
export function athenaCoverageQuery(options: AthenaTable): string {
  // Whoever asks both queries gives both the same options.
  checkOptions(options, ATHENA_COUNT_OPTIONS);
  const { from, to, where } = partitionsOf(options);
  const asked = [`time >= ${from}`, `time < ${to}`];
  for (const name of ['accounts', 'regions'] as const) {
    const list = listOf(options[name], name);
    if (list !== null) asked.push(`${name === 'accounts' ? 'recipientaccountid' : 'awsregion'} IN ${list}`);
  }
  return `WITH records AS (
  SELECT
    recipientaccountid,
    awsregion,
    ${timeOf('eventtime')} AS time
  FROM ${tableName(options.table)}
  WHERE ${where}
    AND recipientaccountid <> '' AND awsregion <> ''
)
SELECT
  recipientaccountid AS account,
  awsregion AS region,
  time - mod(time, ${24 * HOUR}) AS day,
  array_join(array_sort(map_keys(histogram(CAST(mod(time, ${24 * HOUR}) - mod(time, ${TICK}) AS varchar)))), ',') AS ticks
FROM records
WHERE ${asked.join(' AND ')}
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3`;
}

/** Epoch milliseconds of a time as `parseEventTime` reads it; NULL where it does not. */
function timeOf(column: string): string {
  const form =
    '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+]00:?00)?$';
  const second = `replace(substr(${column}, 1, 19), ' ', 'T') || 'Z'`;
  const fraction = `COALESCE(regexp_extract(${column}, '\\.([0-9]{1,3})', 1), '')`;
  return `CASE WHEN regexp_like(${column}, '${form}')
      THEN TRY(CAST(to_unixtime(from_iso8601_timestamp(${second})) AS bigint)) * 1000
        + CAST(rpad(${fraction}, 3, '0') AS bigint) END`;
}

/** Text of 1 to `max` characters, else NULL. */
function textOf(value: string, max: number): string {
  return `CASE WHEN length(${value}) BETWEEN 1 AND ${max} THEN ${value} END`;
}

/** The role of a session that a caller is named by. */
function withoutSession(name: string): string {
  const part = (form: string, group: number) => `regexp_extract(${name}, '${form}', ${group})`;
  const [partition, account, role] = [1, 2, 3].map((group) => part(SESSION_ARN, group));
  return `CASE
      WHEN regexp_like(${name}, '${SESSION_ARN}') THEN 'arn:' || ${partition} || ':iam::' || ${account} || ':role/' || ${role}
      WHEN regexp_like(${name}, '${SESSION_ID}') THEN ${part(SESSION_ID, 1)}
      ELSE ${name} END`;
}

function inJson(column: string, path: string): string {
  return `json_extract_scalar(${column}, '${path}')`;
}

function isKeyArn(value: string): string {
  return `regexp_like(${value}, '^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.') AND length(${value}) <= ${MAX_ARN}`;
}

function ifKeyArn(value: string): string {
  return `CASE WHEN ${isKeyArn(value)} THEN ${value} END`;
}

/** A key ARN as it is, or that of a bare key ID in the caller's account and the Region called. */
function completed(value: string): string {
  const bare = '(?i)^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$';
  return `CASE
      WHEN ${isKeyArn(value)} THEN ${value}
      WHEN regexp_like(${value}, '${bare}') AND regexp_like(owner, '^[0-9]{12}$')
        THEN 'arn:' || arn_partition || ':kms:' || awsregion || ':' || owner || ':key/' || ${value} END`;
}
