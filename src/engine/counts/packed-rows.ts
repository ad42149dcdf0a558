import { type BurstHours, quietFromBits, quietToBits } from './burst-hours.js';
import type { FittedRow } from './fit/one-step-residuals.js';
import type { RowModel } from './model.js';
import { flatProfile, KeptProfile, slotsPerHour } from './quantized-profile.js';
import { LEVEL_STATE } from './rate-filter.js';
import type { WeekCells } from './seasonal-profile.js';
import type { Tail, TailShown } from './tail-calibration.js';

/** Fitted rows as columns: they travel between threads as a few blocks of memory, where a model is a dozen objects. */
export interface PackedRows {
  /** Row after row, see {@link packRows}: as many of each as `windows` ask for. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The steps of the profiles, one after another, and how many each of the three columns of a row has; 0 for a flat one. */
  readonly steps: Int16Array<ArrayBuffer>;
  readonly lengths: Uint16Array<ArrayBuffer>;
}

const SCALARS = [
  'calls',
  'support',
  'listened',
  'firstCall',
  'lastCall',
  'firstCount',
  'anchor',
  'walk',
  'silenceShift',
  'clock',
  'silent',
] as const satisfies readonly (keyof RowModel)[];

/** Numbers of a row: scalars, level, phi, alpha, tails, when bursts come; then whether it shows tails, and what they are. */
function width(windows: number): number {
  return SCALARS.length + LEVEL_STATE + 2 * windows + 3 * (2 * windows + 1) + 3 + 1 + 3 * 2 * windows + 2;
}

export function packRows(rows: readonly FittedRow[], windows: number, cells: WeekCells): PackedRows {
  const flat = flatProfile(cells);
  const columns = rows.map(({ model: { profile } }) =>
    profile === flat ? [] : [profile.shapeSteps, profile.varianceSteps, profile.hourSteps],
  );
  const lengths = new Uint16Array(3 * rows.length);
  const steps = new Int16Array(columns.flat().reduce((sum, column) => sum + column.length, 0));
  const numbers = new Float64Array(width(windows) * rows.length);
  let step = 0;
  let at = 0;
  const put = (value: number) => {
    numbers[at++] = value;
  };
  const putTail = ({ stretch, knee, far }: Tail) => {
    put(stretch);
    put(knee);
    put(far);
  };
  const putShown = ({ stretch, knee, slope }: TailShown) => {
    put(stretch);
    put(knee);
    put(slope);
  };
  for (const [row, { model, tails }] of rows.entries()) {
    for (const [c, column] of columns[row].entries()) {
      lengths[3 * row + c] = column.length;
      steps.set(column, step);
      step += column.length;
    }
    at = row * width(windows);
    for (const name of SCALARS) put(model[name]);
    for (const column of [model.level, model.phi, model.alpha]) {
      numbers.set(column, at);
      at += column.length;
    }
    for (const tail of [...model.above, ...model.below, model.silence]) putTail(tail);
    put(model.bursts === null ? 0 : quietToBits(model.bursts.quiet));
    put(model.bursts?.gain ?? 0);
    put(model.bursts?.loss ?? 0);
    if (tails === undefined) continue;
    put(1);
    for (const shown of [...tails.above, ...tails.below]) putShown(shown);
    put(tails.silence.shift);
    put(tails.silence.slope);
  }
  return { numbers, steps, lengths };
}

/** Inverse of {@link packRows}, to the last bit. */
export function unpackRows({ numbers, steps, lengths }: PackedRows, windows: number, cells: WeekCells): FittedRow[] {
  const { perWeek } = cells.slots;
  let step = 0;
  let at = 0;
  const take = () => numbers[at++];
  const column = (n: number) => {
    at += n;
    return numbers.slice(at - n, at);
  };
  let last: Tail = { stretch: Number.NaN, knee: Number.NaN, far: Number.NaN };
  // Rows of few calls have one tail for all their windows: kept once.
  const takeTail = (): Tail => {
    const tail = { stretch: take(), knee: take(), far: take() };
    if (tail.stretch !== last.stretch || tail.knee !== last.knee || tail.far !== last.far) last = tail;
    return last;
  };
  const takeShown = (): TailShown => ({ stretch: take(), knee: take(), slope: take() });
  const takeBursts = (): BurstHours | null => {
    const bursts = { quiet: quietFromBits(take()), gain: take(), loss: take() };
    return bursts.gain > 0 ? bursts : null;
  };
  const takeSteps = (n: number) => {
    step += n;
    return steps.slice(step - n, step);
  };
  return Array.from({ length: lengths.length / 3 }, (_, row) => {
    const [shape, variance, hours] = lengths.subarray(3 * row, 3 * row + 3);
    const profile =
      shape === 0
        ? flatProfile(cells)
        : new KeptProfile(perWeek, slotsPerHour(perWeek), takeSteps(shape), takeSteps(variance), takeSteps(hours));
    at = row * width(windows);
    const scalars = Object.fromEntries(SCALARS.map((name) => [name, take()])) as Pick<
      RowModel,
      (typeof SCALARS)[number]
    >;
    const [level, phi, alpha] = [column(LEVEL_STATE), column(windows), column(windows)];
    const tailsOf = () => Array.from({ length: windows }, takeTail);
    const model: RowModel = {
      ...scalars,
      profile,
      level,
      phi,
      alpha,
      above: tailsOf(),
      below: tailsOf(),
      silence: takeTail(),
      bursts: takeBursts(),
    };
    if (take() === 0) return { model };
    const shownOf = () => Array.from({ length: windows }, takeShown);
    return {
      model,
      tails: { above: shownOf(), below: shownOf(), silence: { shift: take(), slope: take() } },
    };
  });
}
