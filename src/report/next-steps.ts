import type { Anomaly } from '../engine/types.js';
import { athenaEventsQuery, type EventsAsked, insightsEventsQuery } from '../kms/events-query.js';
import { operationInfo } from '../kms/operations.js';
import { DAY } from '../time/grid.js';

/** What to do about a finding. */
export interface NextSteps {
  /** What to check first, in a sentence or two. */
  readonly check: string;
  /** Queries that show the records behind it; of calls that did not come, the last ones that did. */
  readonly queries: {
    /** Of Athena, over a table `cloudtrail_logs` as its guide makes it. */
    readonly athena: string;
    /** Of CloudWatch Logs Insights, from `from` to `to`. */
    readonly logsInsights: string;
    /** Epoch ms, half-open. */
    readonly from: number;
    readonly to: number;
  };
}

/** How far back the last calls of a series that has stopped are looked for. */
const LOOK_BACK = 7 * DAY;

/** What to check first about a finding, by its kind and operation, and the queries that show its records. */
export function nextSteps(anomaly: Anomaly): NextSteps {
  const { key, kind, from, to } = anomaly;
  const isSilence = kind === 'silence';
  const asked: EventsAsked = isSilence
    ? { key, from: from - LOOK_BACK, to: from, latestFirst: true }
    : { key, from, to };
  return {
    check: checkFor(anomaly),
    queries: {
      athena: athenaEventsQuery(asked),
      logsInsights: insightsEventsQuery(asked),
      from: asked.from,
      to: asked.to,
    },
  };
}

/** What to do about operations that take keys or their use away, or give access to others. */
const CRITICAL: Readonly<Record<string, string>> = {
  DisableKey:
    'Ask the caller whether it was planned. If not, enable the key (EnableKey) and revoke the sessions of the caller.',
  ScheduleKeyDeletion:
    'Ask the caller whether it was planned. If not, cancel the deletion (CancelKeyDeletion) before the waiting period ends, and enable the key.',
  DeleteKey: 'The key is gone, and so is what it encrypted: find out who scheduled it, and which data is lost.',
  CancelKeyDeletion: 'Ask the caller whether the key is to be kept; it stays disabled until EnableKey.',
  EnableKey: 'Ask the caller who disabled the key, and why.',
  DeleteImportedKeyMaterial:
    'Ask the caller whether it was planned. If not, import the same key material again (ImportKeyMaterial).',
  DeleteExpiredKeyMaterial: 'Import the same key material again (ImportKeyMaterial), with a later expiry or none.',
  ImportKeyMaterial: 'Ask the caller whether the renewal was planned, and when the material expires.',
  PutKeyPolicy:
    'Compare the key policy (GetKeyPolicy) with the one before it, in the record of the call: who gained access?',
  CreateGrant:
    'List the grants of the key (ListGrants): to whom, for what? Revoke those that nobody asked for (RevokeGrant).',
  RevokeGrant: 'Check that the service that held the grant still works.',
  RetireGrant: 'Check that the service that held the grant still works.',
  DisableKeyRotation: 'Ask the caller whether it was planned. If not, EnableKeyRotation.',
  ReplicateKey: 'Ask the caller whether a replica in that Region was planned, and check its key policy.',
  UpdatePrimaryRegion: 'Ask the caller whether the change of the primary Region was planned.',
  CreateAlias: 'Check which key applications reach by this alias now.',
  UpdateAlias: 'Check which key applications reach by this alias now.',
  DeleteAlias: 'Check whether applications still ask for this alias; create it again if so (CreateAlias).',
  TagResource: 'Where policies go by tags (ABAC), check who has gained or lost access.',
  UntagResource: 'Where policies go by tags (ABAC), check who has gained or lost access.',
};

function checkFor({ key, verdict, kind, errors = [] }: Anomaly): string {
  const { operation, outcome, metric } = key;
  if (metric !== null) return 'Check what else happened in the account at that time.';
  if (verdict === 'below') {
    return outcome === 'error'
      ? 'Nothing, where what failed was mended; else check whether the caller still runs.'
      : 'Check that the caller runs, that the key is enabled (DescribeKey), and that its policy and grants still allow the call; look for failed calls.';
  }
  if (outcome === 'dry-run') return 'Ask the caller why permissions are tried out, and on how many keys.';
  if (outcome === 'error') return 'Read the error messages of the calls, and ask the caller what changed.';
  if (operation !== null && Object.hasOwn(CRITICAL, operation)) return CRITICAL[operation];
  if (operation !== null && operationInfo(operation)?.critical === true) {
    return 'Ask the caller whether it was planned; if not, undo it and revoke the sessions of the caller.';
  }
  if (errors.length > 0 && kind !== 'first-seen') {
    return 'Read the error messages of the failed calls: retries of calls that fail may be all that rose.';
  }
  switch (kind) {
    case 'first-seen':
      return 'Ask the caller whether this use is planned, and check who granted it (key policy, grants, IAM policy).';
    case 'rare':
      return 'Check whether a job was moved, or run by hand, at that hour; if not, where the calls came from (sourceIPAddress, userAgent).';
    case 'level-shift':
      return 'Look for a release or a change of traffic when it began. Where it is to stay, accept it; the baseline follows.';
    default:
      return 'Check what the caller ran then (deployment, job, retries); if nothing, where the calls came from (sourceIPAddress, userAgent).';
  }
}
