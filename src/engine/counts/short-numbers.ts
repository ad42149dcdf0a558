/** From here to its inverse numbers have a short form; what is less is 0 to any model, and nothing in one is more. */
const MOST = 1e30;

/**
 * A number in 24 bits, those of a 32-bit one without its lowest byte: to five digits (2^−17 of itself), which is more than any
 * history shows. By Veltkamp's splitting (1968): in 32-bit arithmetic, (x · 257) − (x · 257 − x) has the highest 16 bits of x.
 */
export function shortNumber(value: number): number {
  const x = Math.fround(value);
  const size = Math.abs(x);
  if (!(size < MOST)) return x;
  if (size < 1 / MOST) return x * 0;
  const scaled = Math.fround(x * 257);
  return Math.fround(scaled - Math.fround(scaled - x));
}
