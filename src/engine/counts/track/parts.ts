import type { KeptModel, RowModel, TailsInHand } from '../model.js';
import type { KeptProfile } from '../quantized-profile.js';
import type { CountRules } from './rules.js';
import type { TrackScratch } from './scratch.js';
import type { StateLayout } from './state.js';

/** What a tracker is made of, for the functions that it is cut into. */
export interface TrackerParts {
  readonly model: KeptModel;
  /** Of the model. */
  readonly profile: KeptProfile;
  /** Of the model, until another series has its turn. */
  readonly tails: TailsInHand;
  /** Of the model: how single buckets scatter. */
  readonly phi: number;
  readonly alpha: number;
  readonly bursts: RowModel['bursts'];
  readonly rules: CountRules;
  readonly layout: StateLayout;
  readonly scratch: TrackScratch;
  /** The state, see state.ts; a series that sleeps has the first part of one only. */
  s: Float64Array;
  /** Entries of the state; what follows from it stands behind them. */
  readonly derivedAt: number;
  /** How the counts of an hour scatter, for what they teach. */
  readonly scatter: { readonly phi: number; readonly alpha: number };
  readonly straddles: boolean;
  /** What the corrections of a young series' hours weigh before any evidence; 0 for no corrections. */
  readonly shapePrior: number;
}
