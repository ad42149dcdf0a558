import { checkRange, InputError, shown } from '../errors.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { rowsById } from '../series/series-set.js';
import { DAY } from '../time/grid.js';

/** Something known to have happened to a series, against which verdicts are judged. */
export interface EventLabel {
  /** Absent names are `null`. */
  readonly key: Partial<SeriesKey>;
  /** Half-open, epoch ms. */
  readonly from: number | Date;
  readonly to: number | Date;
  /** On which side it lies, as simulated labels and anomalies say it. */
  readonly verdict: 'above' | 'below';
  /** Any word to tell kinds apart; `level-shift` is judged by its first day alone. Default `event`. */
  readonly kind?: string;
}

/** The kind that must be found in its first day, after which a detector may take it for the new normal. */
export const LEVEL_SHIFT = 'level-shift';

/** A label with its row, and the times that scoring goes by. */
export interface PlacedLabel {
  readonly label: EventLabel;
  readonly kind: string;
  readonly row: number;
  readonly sign: 1 | -1;
  readonly from: number;
  /** A verdict from `from` to here finds the event. */
  readonly foundBefore: number;
  /** Verdicts from `from` to here are no false alarms: a day after the event, two days from the start of a shift. */
  readonly freeBefore: number;
}

/** @throws InputError naming the label whose key is not among the rows, or whose times or verdict are none */
export function placeLabels(labels: readonly EventLabel[], keys: readonly SeriesKey[]): PlacedLabel[] {
  const rows = rowsById(keys);
  return labels.map((label, i) => {
    const id = keyId(seriesKey(label.key));
    const row = rows.get(id);
    if (row === undefined) throw new InputError(`labels[${i}].key must be a row of the set, got ${id}`);
    const { verdict, kind = 'event' } = label;
    if (verdict !== 'above' && verdict !== 'below') {
      throw new InputError(`labels[${i}].verdict must be 'above' or 'below', got ${shown(verdict)}`);
    }
    const { from, to } = checkRange(label.from, label.to, `labels[${i}].from/labels[${i}].to`);
    const shift = kind === LEVEL_SHIFT;
    return {
      label,
      kind,
      row,
      sign: verdict === 'above' ? 1 : -1,
      from,
      foundBefore: shift ? Math.min(to, from + DAY) : to,
      freeBefore: shift ? from + 2 * DAY : to + DAY,
    };
  });
}
