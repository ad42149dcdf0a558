import type { Page } from '../page.js';
import { aftermathPart } from './aftermath.js';
import { growthPart, holdPart } from './growth.js';
import { incidentsPart, markedPart, restoredPart } from './incidents.js';
import { planSilencePart, planSixKeysPart } from './plan.js';
import { cleanPart, recoveryPart } from './recovery.js';
import { type Library, Sheet } from './sheet.js';
import { silenceInStreamPart, silencePart, silenceStepsPart } from './silence.js';

const PARTS: Readonly<Record<string, (sheet: Sheet) => void | Promise<void>>> = {
  silence: silencePart,
  'silence-in-stream': silenceInStreamPart,
  'silence-steps': silenceStepsPart,
  'silence-plan': planSilencePart,
  'six-keys': planSixKeysPart,
  recovery: recoveryPart,
  clean: cleanPart,
  hold: holdPart,
  growth: growthPart,
  aftermath: aftermathPart,
  'incidents-by-cut': incidentsPart,
  'expected-marked': markedPart,
  'restored-at-day': restoredPart,
};

/**
 * Acceptance, section 5: what a stream must hold, measured on a build of the library.
 * @param only names of the parts to run; all when there are none
 */
export async function streamParts(
  lib: Library,
  page: Page,
  only: readonly string[],
  options: { readonly runs?: number | undefined; readonly firstSeed?: number | undefined } = {},
): Promise<void> {
  const unknown = only.find((name) => !(name in PARTS));
  if (unknown !== undefined)
    throw new Error(`no part ${unknown} of the stream; there are ${Object.keys(PARTS).join(', ')}`);
  const sheet = new Sheet(lib, page, options);
  for (const [name, run] of Object.entries(PARTS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const begun = performance.now();
    await run(sheet);
    console.error(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  }
  sheet.summary();
}
