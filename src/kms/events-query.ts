import { errorCodeIn, type SeriesKey } from '../series/key.js';
import { literal } from './athena-sql.js';

/** Rows of a log that are asked for. */
export interface EventsAsked {
  readonly key: SeriesKey;
  /** Epoch ms, half-open. */
  readonly from: number;
  readonly to: number;
  /** Whether the latest records come first; default false. */
  readonly latestFirst?: boolean;
}

/** So many records are shown. */
const MOST = 200;

/**
 * The query of Athena that shows the records of a series' calls, over a table as the Athena User Guide makes it for
 * CloudTrail. Names from logs stand in it as escaped texts.
 * @param table its name, as it stands in the query; default `cloudtrail_logs`
 */
export function athenaEventsQuery(
  { key, from, to, latestFirst = false }: EventsAsked,
  table = 'cloudtrail_logs',
): string {
  const conditions = [
    "eventsource = 'kms.amazonaws.com'",
    `eventtime >= ${literal(second(from))}`,
    `eventtime < ${literal(second(to))}`,
    ...equals(key, { operation: 'eventname', account: 'recipientaccountid', region: 'awsregion' }, literal),
    ...(key.keyArn === null ? [] : [`any_match(resources, r -> r.arn = ${literal(key.keyArn)})`]),
    ...(key.caller === null
      ? []
      : [
          `${literal(key.caller)} IN (useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, useridentity.invokedby)`,
        ]),
    ...outcome(key, 'errorcode', 'IS NULL', 'IS NOT NULL', literal),
  ];
  return (
    'SELECT eventtime, eventname, useridentity.arn, useridentity.invokedby, sourceipaddress, useragent, errorcode, ' +
    `errormessage, eventid FROM ${table} WHERE ${conditions.join(' AND ')} ` +
    `ORDER BY eventtime${latestFirst ? ' DESC' : ''} LIMIT ${MOST}`
  );
}

/**
 * The same as a query of CloudWatch Logs Insights, for a trail that writes to a log group. The time range is not part of a
 * query there: it stands beside it.
 */
export function insightsEventsQuery({ key, latestFirst = false }: EventsAsked): string {
  const text = (value: string) => JSON.stringify(value);
  const conditions = [
    'eventSource = "kms.amazonaws.com"',
    ...equals(key, { operation: 'eventName', account: 'recipientAccountId', region: 'awsRegion' }, text),
    ...(key.keyArn === null
      ? []
      : [`(resources.0.ARN = ${text(key.keyArn)} or resources.1.ARN = ${text(key.keyArn)})`]),
    ...(key.caller === null
      ? []
      : [
          `(userIdentity.sessionContext.sessionIssuer.arn = ${text(key.caller)} or userIdentity.arn = ${text(key.caller)} or userIdentity.invokedBy = ${text(key.caller)})`,
        ]),
    ...outcome(key, 'errorCode', 'not ispresent', 'ispresent', text),
  ];
  return (
    'fields @timestamp, eventName, userIdentity.arn, userIdentity.invokedBy, sourceIPAddress, userAgent, errorCode, ' +
    `errorMessage, eventID | filter ${conditions.join(' and ')} ` +
    `| sort @timestamp ${latestFirst ? 'desc' : 'asc'} | limit ${MOST}`
  );
}

type Quote = (text: string) => string;

function equals(key: SeriesKey, columns: Readonly<Partial<Record<keyof SeriesKey, string>>>, quote: Quote): string[] {
  return Object.entries(columns).flatMap(([field, column]) => {
    const value = key[field as keyof SeriesKey];
    return value === null ? [] : [`${column} = ${quote(value)}`];
  });
}

function outcome(key: SeriesKey, column: string, absent: string, present: string, quote: Quote): string[] {
  const code = errorCodeIn(key.metric);
  if (code !== null) return [`${column} = ${quote(code)}`];
  const is = (condition: string) => (condition.startsWith('IS') ? `${column} ${condition}` : `${condition}(${column})`);
  if (key.outcome === 'ok') return [is(absent)];
  const dryRun = quote('DryRunOperationException');
  if (key.outcome === 'dry-run') return [`${column} = ${dryRun}`];
  const unlike = column === 'errorcode' ? '<>' : '!=';
  return key.outcome === 'error' ? [is(present), `${column} ${unlike} ${dryRun}`] : [];
}

/** As CloudTrail writes a time; whole seconds, which its records have. */
function second(time: number): string {
  return new Date(Math.ceil(time / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
