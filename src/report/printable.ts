/** Names from logs are cut to this many characters; real ARNs of roles and keys are shorter. */
const LONGEST = 120;

/**
 * A text from the data made fit for a terminal and for one line: whatever could steer a terminal (control characters,
 * escape sequences), break the line, turn its direction or hide in it is written out as `\x1b` or `\u{202e}`. Letters of all
 * scripts stay. Who may name a role may put anything into a log.
 * @param longest characters kept, as they are written; what is longer ends in `…`
 */
export function printable(text: string, longest = LONGEST): string {
  let shown = '';
  let kept = 0;
  // Cut first: a hostile name of megabytes costs no more than a short one. A character is two code units at most.
  for (const character of text.slice(0, 2 * longest + 2)) {
    const safe = UNSAFE.test(character) ? escaped(character) : character;
    kept += safe === character ? 1 : safe.length;
    if (kept > longest) return `${shown}…`;
    shown += safe;
  }
  return shown;
}

/**
 * Controls, format characters (those of direction among them), lone surrogates, private and unassigned ones; combining
 * marks, which pile up over other lines; every separator but the space.
 */
const UNSAFE = /[\p{C}\p{M}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Plain data as JSON on one line, safe to print. */
export function safeJson(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}

/** JSON that is safe to print: it escapes the old control characters only; the newer ones steer terminals too, and stand in strings alone. */
export function escapeControls(json: string): string {
  return json.replace(NEWER_CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** DEL and C1, zero-width characters, line separators, and those that turn the direction of text. */
const NEWER_CONTROLS = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
