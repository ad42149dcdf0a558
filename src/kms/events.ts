import type { KmsCall, Rejection } from './call.js';

/** A call that an event told of. */
export interface CallEvent {
  readonly kind: 'call';
  readonly call: KmsCall;
}

/** What KMS did to a key by itself. */
export interface KeyEvent {
  readonly kind: 'key';
  readonly change: 'rotated' | 'material-expired' | 'deleted';
  readonly keyArn: string;
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Of a rotation: by schedule or by a call. */
  readonly rotation: 'AUTOMATIC' | 'ON_DEMAND' | null;
  /**
   * The same in all events that tell of this change. KMS and CloudTrail each send one, and KMS may repeat that of a
   * deletion (KMS Developer Guide, kms-events).
   */
  readonly occurrence: string;
  /** The record, where CloudTrail told of it: it counts as a call, as in a log file. */
  readonly call: KmsCall | null;
}

/** CloudTrail Insights: an operation was called, or failed, more or less often than in the week before, or no longer is. */
export interface InsightEvent {
  readonly kind: 'insight';
  readonly state: 'Start' | 'End';
  /** `ApiCallRateInsight`, which sees write operations only, or `ApiErrorRateInsight`. */
  readonly type: string;
  readonly operation: string;
  /** Of an error rate: the error. */
  readonly error: string | null;
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Pairs the start with the end. */
  readonly sharedEventId: string | null;
  /** Calls or errors a minute, usually and now. */
  readonly baseline: number;
  readonly rate: number;
}

/** A new object in a bucket of log files. */
export interface LogFileEvent {
  readonly kind: 'log-file';
  readonly bucket: string;
  readonly key: string;
}

/** What a message to a Lambda function, a queue or a bus can tell about KMS. */
export type KmsEvent = CallEvent | KeyEvent | InsightEvent | LogFileEvent;

/** A message, or a part of one, that tells nothing; with the field at fault where one was. */
export interface RejectedEvent {
  readonly kind: 'rejected';
  readonly rejection: Rejection;
}
