import type { AnomalyKind, Severity } from '../engine/types.js';

type Names = string | readonly string[];

/** Which anomalies a report shows: those that meet every field that is given, and of a list any of its entries. */
export interface AnomalyFilter {
  /** An ARN, a key id, how an id begins (four characters at least), or an alias that the analysis knows. */
  readonly key?: Names;
  readonly operation?: Names;
  /** A caller that has a part in the anomaly: its ARN or account, `role/App`, or `App`. */
  readonly caller?: Names;
  readonly account?: Names;
  readonly region?: Names;
  readonly kind?: AnomalyKind | readonly AnomalyKind[];
  /** This severity and worse. */
  readonly severity?: Severity;
  /** So many at most, the first of the list. */
  readonly top?: number;
}

/** What a filter left of an analysis's anomalies. */
export interface FilteredAnomalies {
  readonly shown: number;
  /** Before the filter. */
  readonly of: number;
  readonly filter: AnomalyFilter;
}
