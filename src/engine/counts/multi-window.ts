// The count of a window of several buckets has the mean m of their means, and the relative variance
//   alpha + known + IN_SAMPLE · doubt + alpha₀ · edge + phi / m:
// the scatter of such windows (alpha), what is not known of the rate (known) and of the shape (doubt, by exposure), the scatter
// of single buckets at the window's two edges (alpha₀ · edge, the squares of their shapes by that of the exposure), and batches
// (phi). Hot loops have it inline: fit/one-step-residuals, fit/hour-maxima, track/window-test.

/**
 * How many times a window's profile variance adds to its scatter about the history's: once as the profile is not known,
 * once as the history's own residuals lack it.
 */
export const IN_SAMPLE = 2;
/** Share of a window's scatter that the buckets at its edges make up from which on it says no more than they do. */
export const EDGED = 0.5;
