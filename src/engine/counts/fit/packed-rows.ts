import { weekSlots } from '../../../time/week.js';
import { windowsOf } from '../../windows.js';
import { type KeptModel, modelColumns } from '../model.js';
import { flatProfile, KeptProfile, slotsPerHour } from '../quantized-profile.js';
import type { TailShown, TailsShown } from '../tail-calibration.js';
import type { FittedRows } from './fit-all.js';

/** Fitted rows as columns: they travel between threads as a few blocks of memory. */
export interface PackedRows {
  /** Row after row: the models' numbers. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The steps of the profiles, one after another, and how many each of the three columns of a row has; 0 for a flat one. */
  readonly steps: Int16Array<ArrayBuffer>;
  readonly lengths: Uint16Array<ArrayBuffer>;
  /** Young rows, and one after another what they show of their tails. */
  readonly young: Uint32Array<ArrayBuffer>;
  readonly shown: Float64Array<ArrayBuffer>;
}

/** Numbers of what one tail shows. */
const SHOWN = 3;

/** @param step of the history */
export function packRows({ models, tails }: Pick<FittedRows, 'models' | 'tails'>, step: number): PackedRows {
  const windows = windowsOf(step).spans.length;
  const columns = modelColumns(windows);
  const profiles = models.map(({ profile }) => (profile.isFlat ? [] : profile.columns));
  const lengths = new Uint16Array(3 * models.length);
  const steps = new Int16Array(profiles.flat().reduce((sum, column) => sum + column.length, 0));
  const numbers = new Float64Array(columns.size * models.length);
  let from = 0;
  for (const [row, model] of models.entries()) {
    for (const [c, column] of profiles[row].entries()) {
      lengths[3 * row + c] = column.length;
      steps.set(column, from);
      from += column.length;
    }
    columns.put(model, numbers, columns.size * row);
  }
  const shown = new Float64Array(shownWidth(windows) * tails.size);
  for (const [i, { above, below, silence }] of [...tails.values()].entries()) {
    const own = [...above, ...below].flatMap(({ stretch, knee, slope }) => [stretch, knee, slope]);
    shown.set([...own, silence.shift, silence.slope], shownWidth(windows) * i);
  }
  return { numbers, steps, lengths, young: Uint32Array.from(tails.keys()), shown };
}

function shownWidth(windows: number): number {
  return SHOWN * 2 * windows + 2;
}

/** Inverse of {@link packRows}, to the last bit: the models lie where they came in. */
export function unpackRows(
  { numbers, steps, lengths, young, shown }: PackedRows,
  step: number,
): Pick<FittedRows, 'models' | 'tails'> {
  const windows = windowsOf(step).spans.length;
  const columns = modelColumns(windows);
  const { perWeek } = weekSlots(step);
  const each = slotsPerHour(perWeek);
  const flat = flatProfile(perWeek);
  let from = 0;
  const take = (n: number) => {
    from += n;
    return steps.subarray(from - n, from);
  };
  const models: KeptModel[] = [];
  for (let row = 0; 3 * row < lengths.length; row++) {
    const [shape, variance, hours] = lengths.subarray(3 * row, 3 * row + 3);
    const profile = shape === 0 ? flat : new KeptProfile(perWeek, each, take(shape), take(variance), take(hours));
    models.push(columns.keptAt(numbers, columns.size * row, profile));
  }
  const tails = new Map<number, TailsShown>();
  for (const [i, row] of young.entries()) tails.set(row, tailsAt(shown, shownWidth(windows) * i, windows));
  return { models, tails };
}

function tailsAt(numbers: Float64Array, at: number, windows: number): TailsShown {
  const shown = Array.from({ length: 2 * windows }, (_, i): TailShown => {
    const [stretch, knee, slope] = numbers.subarray(at + SHOWN * i, at + SHOWN * (i + 1));
    return { stretch, knee, slope };
  });
  const [shift, slope] = numbers.subarray(at + SHOWN * shown.length);
  return { above: shown.slice(0, windows), below: shown.slice(windows), silence: { shift, slope } };
}
