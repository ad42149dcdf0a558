import type { QuietKey } from '../engine/types.js';
import type { Analysis } from './analysis.js';
import { civilTime } from './civil-time.js';
import { keyNamesOf } from './key-names.js';
import { type KeyNames, seriesName } from './names.js';
import { counted, grouped } from './numbers.js';
import { wrap } from './wrap.js';

/** Which keys are quiet at the end of the judged time, and when each would be reported; nothing where there are none. */
export function renderQuiet({ quiet, window, keys }: Analysis, timeZone: string, width: number): string[] {
  if (quiet.keys === 0) return [];
  const nameOf = keyNamesOf(keys);
  const [have, silence] =
    quiet.keys === 1
      ? ['key (or operation on it) has', 'its silence']
      : ['keys (or operations on them) have', 'their silence'];
  const intro = `${grouped(quiet.keys)} ${have} no calls in the last hour before ${civilTime(window.to, timeZone)} ${timeZone}. If none come, ${silence} is reported at:`;
  const more = quiet.keys - quiet.listed.length;
  return [
    'Quiet keys',
    '',
    ...wrap(intro, width, '  '),
    ...quiet.listed.flatMap((key) => wrap(quietPhrase(key, timeZone, nameOf), width, '  - ', '    ')),
    ...(more > 0 ? [`  - ${counted(more, 'more key', 'more keys')}: later`] : []),
  ];
}

function quietPhrase({ key, since, reportedAt }: QuietKey, timeZone: string, nameOf: KeyNames): string {
  return `${civilTime(reportedAt, timeZone)} ${seriesName(key, nameOf)}, no calls since ${civilTime(since, timeZone)}`;
}
