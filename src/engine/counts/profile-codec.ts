import type { ByteReader, ByteWriter } from '../../series/bytes.js';
import { evenOdds, RangeDecoder, RangeEncoder } from './range-coder.js';

/** Bits of the largest residual, and the contexts of its length: how large the one before was. */
const LENGTHS = 19;
const CONTEXTS = 4;
const LEAST = -32_768;
const MOST = 32_767;

/** What a step is predicted from: the one before it, or also the day before, whose own change between the two it may repeat. */
type Predict = (steps: Int16Array, k: number, perDay: number) => number;
const PREDICT: readonly Predict[] = [
  (steps, k) => (k === 0 ? 0 : steps[k - 1]),
  (steps, k, perDay) =>
    k === 0
      ? 0
      : k < perDay
        ? steps[k - 1]
        : steps[k - perDay] + (k === perDay ? 0 : steps[k - 1] - steps[k - perDay - 1]),
];

/**
 * A column of a week in whole steps, by what each differs from the steps before and a day before: some 600 bytes for the
 * 2,016 of a busy series, where a byte a difference took 2,000; a column that is the same all week is one entry of two bytes.
 */
export function writeSteps(writer: ByteWriter, steps: Int16Array): void {
  writer.varint(steps.length);
  if (steps.length === 1) {
    writer.signed(steps[0]);
    return;
  }
  const coded = PREDICT.map((predict) => encode(steps, predict));
  const best = coded[0].length <= coded[1].length ? 0 : 1;
  writer.uint8(best);
  writer.varint(coded[best].length);
  writer.bytes(coded[best]);
}

/** @param lengths how many entries the column may have, unless it is even */
export function readSteps(reader: ByteReader, lengths: readonly number[], name: string): Int16Array {
  const found = reader.varint();
  if (found !== 1 && !lengths.includes(found)) {
    reader.fail(`${name} with ${found} entries where ${lengths.join(' or ')} are needed`);
  }
  const steps = new Int16Array(found);
  if (found === 1) {
    store(reader, steps, 0, reader.signed(), name);
    return steps;
  }
  const predict = PREDICT[reader.uint8()] ?? reader.fail(`${name} predicted in a way that is unknown`);
  const decoder = new RangeDecoder(reader.bytes(reader.varint()));
  const odds = evenOdds(2 * CONTEXTS * LENGTHS);
  const perDay = found / 7;
  let context = 0;
  for (let k = 0; k < found; k++) {
    let bits = 0;
    while (bits < LENGTHS - 1 && decoder.bit(odds, context * LENGTHS + bits) === 1) bits++;
    let value = bits === 0 ? 0 : 1;
    for (let b = 1; b < bits; b++) value = value * 2 + decoder.bit(odds, (CONTEXTS + Math.min(b, 3)) * LENGTHS + bits);
    const residual = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    store(reader, steps, k, predict(steps, k, perDay) + residual, name);
    context = Math.min(CONTEXTS - 1, Math.abs(residual));
  }
  return steps;
}

function store(reader: ByteReader, steps: Int16Array, at: number, step: number, name: string): void {
  if (step < LEAST || step > MOST) reader.fail(`${name} with the step ${step}, which is none`);
  steps[at] = step;
}

function encode(steps: Int16Array, predict: Predict): Uint8Array {
  const encoder = new RangeEncoder();
  const odds = evenOdds(2 * CONTEXTS * LENGTHS);
  const perDay = steps.length / 7;
  let context = 0;
  for (let k = 0; k < steps.length; k++) {
    const residual = steps[k] - predict(steps, k, perDay);
    const value = residual >= 0 ? 2 * residual : -2 * residual - 1;
    const bits = value === 0 ? 0 : 32 - Math.clz32(value);
    for (let b = 0; b < bits; b++) encoder.bit(odds, context * LENGTHS + b, 1);
    if (bits < LENGTHS - 1) encoder.bit(odds, context * LENGTHS + bits, 0);
    // The bits below the highest: the first ones have odds of their own, the last are nearly even.
    for (let b = 1; b < bits; b++) {
      encoder.bit(odds, (CONTEXTS + Math.min(b, 3)) * LENGTHS + bits, (value >>> (bits - 1 - b)) & 1);
    }
    context = Math.min(CONTEXTS - 1, Math.abs(residual));
  }
  return encoder.finish();
}
