/** The shape of a week. */
export interface Profile {
  /** `[perWeek]`; mean 1 over the week, so rate · shape is calls per bucket. */
  readonly shape: Float64Array;
  /** `[perWeek]`; relative variance of each entry: what the history leaves open. */
  readonly variance: Float64Array;
  /** `[perWeek]`; the same of the hour around each entry, whose slots' own errors are averaged out. */
  readonly hourVariance: Float64Array;
}

export function emptyProfile(perWeek: number): Profile {
  const column = () => new Float64Array(perWeek);
  return { shape: column(), variance: column(), hourVariance: column() };
}

/** Scales a shape to mean 1, in place. */
export function toMeanOfOne(shape: Float64Array): void {
  let sum = 0;
  for (let k = 0; k < shape.length; k++) sum += shape[k];
  if (!(sum > 0)) return;
  const scale = shape.length / sum;
  for (let k = 0; k < shape.length; k++) shape[k] *= scale;
}
