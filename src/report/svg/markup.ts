/** `text` as it stands in HTML and SVG, between tags or in a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Markup that is safe as it stands: only what {@link markup} and its like made, never a name from data. */
export interface Markup {
  readonly markup: string;
}

export type MarkupPart = string | number | Markup | readonly MarkupPart[];

/** Text between tags, escaped; markup as it is; lists one after another. */
function partOf(part: MarkupPart): string {
  if (typeof part === 'string') return escapeMarkup(part);
  if (typeof part === 'number') return String(part);
  if (isList(part)) return part.map(partOf).join('');
  return part.markup;
}

function isList(part: MarkupPart): part is readonly MarkupPart[] {
  return Array.isArray(part);
}

/** A template of markup in which every value is escaped unless it is markup itself: nothing is trusted by being forgotten. */
export function markup(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  let whole = strings[0];
  for (const [i, part] of parts.entries()) whole += partOf(part) + strings[i + 1];
  return { markup: whole };
}

/** Text that was made here and needs no escaping: style sheets, numbers of a path. */
export function trusted(text: string): Markup {
  return { markup: text };
}

/** A coordinate: two digits are a fiftieth of a pixel, and the same bytes everywhere. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100 || 0);
}
