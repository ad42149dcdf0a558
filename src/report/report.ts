import type { Analysis } from './analysis.js';
import type { Evidence } from './judge.js';

/** How often clean buckets were as rare as a nominal probability: a row of what `calibration()` gives. */
export interface ReportCalibration {
  readonly band: string;
  readonly verdict: 'above' | 'below';
  readonly buckets: number;
  readonly nominal: number;
  readonly effective: number;
}

/** An alarm as it stands: what `currentAlarms()` gives, or an alarm of one's own. */
export interface ReportAlarm {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** When it came into this state, epoch ms; `null` where that is not known. */
  readonly since: number | null;
  /** What it looks at. */
  readonly metrics?: readonly string[];
}

/** All that a report with pictures tells: an analysis, what it rests on, and what else is known. */
export interface Report {
  readonly analysis: Analysis;
  readonly evidence: Evidence;
  readonly calibration?: readonly ReportCalibration[];
  /** The time and the number of series that the calibration was measured on, epoch ms. */
  readonly calibratedOn?: { readonly from: number; readonly to: number; readonly series: number };
  readonly alarms?: readonly ReportAlarm[];
}
