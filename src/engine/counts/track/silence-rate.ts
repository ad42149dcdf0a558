import { rateBy, silenceFilterOf } from '../silence.js';
import type { TrackerParts } from './parts.js';
import { SILENCE_MEAN, SILENCE_RATE, SILENCE_VARIANCE } from './state.js';

/**
 * What the silence is judged by from here on is what is known now, with the last call.
 * @param anchor the mean rate of the history: asked of the model, it was 3 % of a tick in office hours, which waits for memory (Node 20)
 */
export function setSilenceRate({ s, model }: Pick<TrackerParts, 's' | 'model'>, anchor: number): void {
  const { rate, variance } = rateBy(s, silenceFilterOf(model), anchor);
  s[SILENCE_RATE] = rate;
  s[SILENCE_VARIANCE] = variance;
}

/** The silence that goes on at the end of the history has missed what is usual in `exposure`. */
export function startSilence({ s }: Pick<TrackerParts, 's'>, exposure: number): void {
  s[SILENCE_MEAN] = exposure * s[SILENCE_RATE];
}
