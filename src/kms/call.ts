/** One KMS request, with what is counted of it and nothing more. */
export interface KmsCall {
  /** CloudTrail's `eventTime`, epoch milliseconds. */
  readonly time: number;
  /** CloudTrail's `eventName`. */
  readonly operation: string;
  /** Full ARNs of the KMS keys the call used, without duplicates: none (GenerateRandom, ListKeys), one, or two (ReEncrypt: source, destination). */
  readonly keyArns: readonly string[];
  /** The account whose log holds the record (`recipientAccountId`). */
  readonly account: string;
  readonly region: string;
  /**
   * `userIdentity.sessionContext.sessionIssuer.arn` if not empty, else `userIdentity.arn`, else `invokedBy`, else
   * `accountId` or `principalId`. The role rather than the session, also where the session's ARN is all that there is
   * (`arn:aws:iam::111122223333:role/ROLE`): session names are often people's names.
   */
  readonly caller: string;
  /** CloudTrail's `errorCode`; `DryRunOperationException` tells of a dry run. */
  readonly error: string | null;
  /** Unique within an account's log; empty where the record had none (before `eventVersion` 1.01). */
  readonly eventId: string;
  /** The same in both accounts' records of one cross-account call. */
  readonly sharedEventId: string | null;
}

/** Why a record is not a {@link KmsCall}. Only `not-kms` is ordinary: other services' records in the same log. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** The field of the record that was at fault, where one was. */
  readonly field?: string;
}

export type RejectionReason =
  /** Another service's record. */
  | 'not-kms'
  /** Not a JSON object, or a string that is not JSON. */
  | 'not-a-record'
  /** A field that is needed is absent. */
  | 'missing-field'
  /** A field that is needed has another type, or a form that cannot be read. */
  | 'malformed-field'
  /** `eventTime` before CloudTrail existed (November 2013) or after the year 2099. */
  | 'time-out-of-range'
  /** A VPC endpoint's network-activity record: a second record of a call that has its own. */
  | 'network-activity'
  /** An addendum of reason UPDATED_DATA: corrects a record, and is no call. */
  | 'updated-data'
  /** CloudTrail Insights or aggregated events, which are summaries of calls. */
  | 'summary';
