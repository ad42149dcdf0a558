export type JobName = 'fit' | 'threads' | 'read' | 'score' | 'rows' | 'observe' | 'write' | 'restore';

/** What a job took, in milliseconds and resident bytes, and what it found. */
export interface Job {
  readonly ms: number;
  readonly cpu: number;
  readonly before: number;
  readonly peak: number;
  /** Of the baseline of fit and threads, of the detector of write. */
  readonly bytes?: number;
  /** Of observe: each tick that counts. */
  readonly ticks?: readonly { readonly ms: number; readonly cpu: number; readonly heap: number }[];
}

export function runJob(index: string, name: JobName, rows: number, seed: number, folder: string): Job;
