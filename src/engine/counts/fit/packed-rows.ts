import { weekSlots } from '../../../time/week.js';
import { windowsOf } from '../../windows.js';
import { modelColumns } from '../model.js';
import { flatProfile, KeptProfile, slotsPerHour } from '../quantized-profile.js';
import type { TailShown, TailsShown } from '../tail-calibration.js';
import type { FittedRow } from './one-step-residuals.js';

/** Fitted rows as columns: they travel between threads as a few blocks of memory, where a model is a dozen objects. */
export interface PackedRows {
  /** Row after row: a model's numbers, whether it shows tails, and what they are. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The steps of the profiles, one after another, and how many each of the three columns of a row has; 0 for a flat one. */
  readonly steps: Int16Array<ArrayBuffer>;
  readonly lengths: Uint16Array<ArrayBuffer>;
}

/** Numbers of what one tail shows. */
const SHOWN = 3;

/** @param step of the history */
export function packRows(rows: readonly FittedRow[], step: number): PackedRows {
  const windows = windowsOf(step).spans.length;
  const columns = modelColumns(windows);
  const profiles = rows.map(({ model: { profile } }) => (profile.isFlat ? [] : profile.columns));
  const lengths = new Uint16Array(3 * rows.length);
  const steps = new Int16Array(profiles.flat().reduce((sum, column) => sum + column.length, 0));
  const numbers = new Float64Array(rowWidth(columns.size, windows) * rows.length);
  let from = 0;
  for (const [row, { model, tails }] of rows.entries()) {
    for (const [c, column] of profiles[row].entries()) {
      lengths[3 * row + c] = column.length;
      steps.set(column, from);
      from += column.length;
    }
    const at = row * rowWidth(columns.size, windows);
    columns.put(model, numbers, at);
    if (tails === undefined) continue;
    const { above, below, silence } = tails;
    const shown = [...above, ...below].flatMap(({ stretch, knee, slope }) => [stretch, knee, slope]);
    numbers.set([1, ...shown, silence.shift, silence.slope], at + columns.size);
  }
  return { numbers, steps, lengths };
}

function rowWidth(model: number, windows: number): number {
  return model + 1 + SHOWN * 2 * windows + 2;
}

/** Inverse of {@link packRows}, to the last bit. */
export function unpackRows({ numbers, steps, lengths }: PackedRows, step: number): FittedRow[] {
  const windows = windowsOf(step).spans.length;
  const columns = modelColumns(windows);
  const { perWeek } = weekSlots(step);
  const flat = flatProfile(perWeek);
  let from = 0;
  const take = (n: number) => {
    from += n;
    return steps.slice(from - n, from);
  };
  return Array.from({ length: lengths.length / 3 }, (_, row) => {
    const [shape, variance, hours] = lengths.subarray(3 * row, 3 * row + 3);
    const profile =
      shape === 0 ? flat : new KeptProfile(perWeek, slotsPerHour(perWeek), take(shape), take(variance), take(hours));
    const at = row * rowWidth(columns.size, windows);
    const model = { ...columns.take(numbers, at), profile };
    const shows = at + columns.size;
    return numbers[shows] === 0 ? { model } : { model, tails: tailsAt(numbers, shows + 1, windows) };
  });
}

function tailsAt(numbers: Float64Array, at: number, windows: number): TailsShown {
  const shown = Array.from({ length: 2 * windows }, (_, i): TailShown => {
    const [stretch, knee, slope] = numbers.subarray(at + SHOWN * i, at + SHOWN * (i + 1));
    return { stretch, knee, slope };
  });
  const [shift, slope] = numbers.subarray(at + SHOWN * shown.length);
  return { above: shown.slice(0, windows), below: shown.slice(windows), silence: { shift, slope } };
}
