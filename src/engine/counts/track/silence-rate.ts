import { rateBy, silenceFilterOf } from '../silence.js';
import type { TrackerParts } from './parts.js';
import { SILENCE_RATE, SILENCE_VARIANCE } from './state.js';

/** What the silence is judged by from here on is what is known now, with the last call. */
export function setSilenceRate({ s, model }: TrackerParts): void {
  const { rate, variance } = rateBy(s, silenceFilterOf(model), model.anchor);
  s[SILENCE_RATE] = rate;
  s[SILENCE_VARIANCE] = variance;
}
