/** Who calls what: the names that a call, its record and its series share. */
export interface CallSubject {
  /** CloudTrail's `eventName`. */
  readonly operation: string;
  /** Key ARNs: none (GenerateRandom, ListKeys), one, or two (ReEncrypt: source, destination). */
  readonly keyArns: readonly string[];
  /** The account whose log holds the record. */
  readonly account: string;
  readonly region: string;
  /**
   * An IAM user's ARN, a role's ARN (its records come from assumed-role sessions), an AWS service such as
   * `cloudtrail.amazonaws.com`, or the 12 digits of another account.
   */
  readonly caller: string;
  /** What only records tell. */
  readonly record?: RecordDetail;
}

/** What a record says beyond a {@link CallSubject}. */
export interface RecordDetail {
  /** `#` in a value becomes six random hexadecimal digits, another for each call. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** How the request names its key: an alias, a bare id; `null` for not at all (Decrypt may). Without it, the key ARN. */
  readonly keyId?: string | null;
  /** The service that called in the role's name, e.g. `s3.amazonaws.com`. */
  readonly invokedBy?: string;
  /** The signing, MAC or encryption algorithm, where it is not the operation's usual one. */
  readonly algorithm?: string;
}

interface SourceBase extends CallSubject {
  /** Names the source's random stream: another source added or taken away changes nothing here. */
  readonly name: string;
  /** Share of calls that fail; default 0. */
  readonly errorRate?: number;
  /** Their `errorCode`; default `AccessDeniedException`. */
  readonly errorCode?: string;
  /** No calls before this time, for a key that is young. */
  readonly since?: number | Date;
  /** No calls from this time on. */
  readonly until?: number | Date;
}

interface Varying {
  /** A cell of five minutes has a count of variance mean + dispersion · mean². */
  readonly dispersion?: number;
  /** Standard deviation of the logarithm of a level that wanders from day to day. */
  readonly wander?: number;
  /** Share by which the level grows each week; default 0. */
  readonly growthPerWeek?: number;
}

/** Traffic that follows people at work: their zone's civil time, quiet nights and week-ends, a dip at lunch. */
export interface HumanSource extends SourceBase, Varying {
  readonly kind: 'human';
  readonly timeZone: string;
  /** Calls an hour at the busiest moment of a working day. Dispersion 0.08 and wander 0.08 unless told. */
  readonly perHour: number;
  /** How busy Saturday and Sunday are against a working day; default 0.08. */
  readonly weekend?: number;
}

/** Machines that call at one rate day and night. Dispersion 0.02 and wander 0.02 unless told. */
export interface FlatSource extends SourceBase, Varying {
  readonly kind: 'flat';
  readonly perHour: number;
}

/** A few calls a week, at any time. Dispersion 0, wander 0 unless told. */
export interface SparseSource extends SourceBase, Varying {
  readonly kind: 'sparse';
  readonly perWeek: number;
}

/** Rare calls by an administrator in working hours. Dispersion 0, wander 0 unless told. */
export interface ControlPlaneSource extends SourceBase, Varying {
  readonly kind: 'control-plane';
  readonly timeZone: string;
  readonly perWeek: number;
}

/** Bursts of calls in working hours, as deployments make, over a low base that never rests. */
export interface BurstySource extends SourceBase, Varying {
  readonly kind: 'bursty';
  readonly timeZone: string;
  /** Calls an hour between bursts. */
  readonly perHour: number;
  readonly burstsPerWeek: number;
  /** Mean calls of a burst. */
  readonly burstCalls: number;
  /** How long a burst lasts, minutes; default 10. */
  readonly minutes?: number;
}

/** Runs by the clock: every so many minutes of UTC, or at times of day in a zone. */
export interface CronSource extends SourceBase {
  readonly kind: 'cron';
  readonly schedule:
    | {
        /** Minutes from one run to the next. */
        readonly every: number;
        /** Minutes after midnight UTC of 1970-01-01 at which one run began; default 0. */
        readonly phase?: number;
      }
    | {
        /** Times of day such as '02:30'. */
        readonly at: readonly string[];
        /** Days of the week, Monday 1 to Sunday 7 (ISO 8601); default all. */
        readonly days?: readonly number[];
        /** Default 'UTC'. */
        readonly timeZone?: string;
      };
  /** Mean calls of a run. */
  readonly batch: number;
  /** Standard deviation of a run's calls, as a share of `batch`; default 0. */
  readonly noise?: number;
  /** A run begins up to this many minutes late; default 0. */
  readonly jitter?: number;
  /** How long a run makes calls, minutes; default 1. */
  readonly minutes?: number;
}

/** One kind of call by one caller on one key, and when it is made. */
export type Source = HumanSource | FlatSource | SparseSource | ControlPlaneSource | BurstySource | CronSource;
