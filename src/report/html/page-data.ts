/** What a page knows of its series: the shape in which `renderHtml` writes it and the page's script reads it. */
export interface PageData {
  readonly timeZone: string;
  /** The judged time, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Where the hours of `recent` begin. */
  readonly recentFrom: number;
  /** Full ARNs, to which the series refer by number. */
  readonly arns: readonly string[];
  readonly series: PageSeries;
  /** Series of the analysis that are not here, because a page can hold only so many. */
  readonly left: number;
  /** Operations' mean calls an hour, by hour of the week: see {@link packMeans}. */
  readonly heat: { readonly names: readonly string[]; readonly hours: readonly string[] };
  /** Width of the judged buckets, ms. */
  readonly step: number;
  readonly anomalies: readonly PageFinding[];
}

/** What the page's script knows of an anomaly, to find, sort and draw it. Names are those that are shown. */
export interface PageFinding {
  /** The row of its series; −1 where a page could not hold it. */
  readonly row: number;
  readonly from: number;
  readonly to: number;
  /** 0 critical to 3 low. */
  readonly severity: number;
  readonly kind: string;
  readonly verdict: 'above' | 'below';
  /** How far from what was expected, in calls. */
  readonly size: number;
  /** What it can be filtered by; none of a dimension that it does not name. */
  readonly names: Readonly<Record<Dimension, readonly string[]>>;
  /** Where a window longer than a bucket decided: what it saw. */
  readonly view?: PageView;
}

/** The dimensions that findings are filtered and laid out by. */
export const DIMENSIONS = ['key', 'operation', 'caller', 'account', 'region'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A series in the window that decided, packed: see `decidingView`. */
export interface PageView {
  readonly from: number;
  readonly span: number;
  readonly mark: number;
  readonly fine: boolean;
  readonly values: string;
  readonly expected: string;
  readonly lower: string;
  readonly upper: string;
}

/** One entry a series in every column. */
export interface PageSeries {
  readonly name: readonly string[];
  /** Into `arns`; −1 for none. */
  readonly arn: readonly number[];
  /** What it counts: 0 operation, 1 key, 2 operation on key, 3 one outcome, or anything else. */
  readonly level: readonly number[];
  readonly state: readonly string[];
  /** 3 above, 2 below, 1 unknown, 0 normal: an order to sort by. */
  readonly rank: readonly number[];
  /** Usual calls an hour. */
  readonly rate: readonly number[];
  /** Calls in the judged time. */
  readonly calls: readonly number[];
  /** Bucket of the last call, epoch ms; 0 for none. */
  readonly last: readonly number[];
  /** How long a silence must last before it can be called, ms; 0 where it cannot within 90 days. */
  readonly silence: readonly number[];
  /** Width of the buckets drawn, ms: the step, or several together. */
  readonly step: readonly number[];
  readonly values: readonly string[];
  readonly expected: readonly string[];
  readonly lower: readonly string[];
  readonly upper: readonly string[];
  /** 0 normal, 1 above, 2 below, 3 unknown. */
  readonly verdicts: readonly string[];
  /** Usual calls of each hour of the week, Monday 00:00 first, on the clock of the series' own zone. */
  readonly week: readonly string[];
  /** Calls of each hour of the last seven days. */
  readonly recent: readonly string[];
}
