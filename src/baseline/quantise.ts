import type { Profile } from './profile.js';

/** Steps of ln shape (1 %) and of ln variance (5 %): what a model keeps of its profile. */
const SHAPE_STEP = 0.01;
const VARIANCE_STEP = 0.05;
/** Written for a variance of 0. */
const NO_VARIANCE = -2_000;

/** A profile in whole steps: what is fitted, kept and judged by is the same to the last bit. */
export interface ProfileSteps {
  /** `[perWeek]` each */
  readonly shape: Int32Array;
  readonly variance: Int32Array;
  readonly hourVariance: Int32Array;
}

export function stepsOf({ shape, variance, hourVariance }: Profile): ProfileSteps {
  return {
    shape: Int32Array.from(shape, (s) => Math.round(Math.log(s) / SHAPE_STEP)),
    variance: Int32Array.from(variance, varianceStep),
    hourVariance: Int32Array.from(hourVariance, varianceStep),
  };
}

function varianceStep(variance: number): number {
  return variance > 0 ? Math.max(NO_VARIANCE + 1, Math.round(Math.log(variance) / VARIANCE_STEP)) : NO_VARIANCE;
}

export function profileOf({ shape, variance, hourVariance }: ProfileSteps): Profile {
  const varianceOf = (step: number) => (step === NO_VARIANCE ? 0 : Math.exp(step * VARIANCE_STEP));
  return {
    shape: Float64Array.from(shape, (step) => Math.exp(step * SHAPE_STEP)),
    variance: Float64Array.from(variance, varianceOf),
    hourVariance: Float64Array.from(hourVariance, varianceOf),
  };
}

/** The profile as it will be after a round trip through its steps. */
export function rounded(profile: Profile): Profile {
  return profileOf(stepsOf(profile));
}
