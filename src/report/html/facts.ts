import type { Analysis } from '../analysis.js';
import { printable } from '../printable.js';
import { renderLogs } from '../render-logs.js';
import { renderSpans } from '../render-spans.js';
import { type Markup, markup } from '../svg/markup.js';

/** So wide that no fact is broken into lines: the browser does that. */
const UNBROKEN = 1e6;

/** What a reader asks first. */
const FIRST: readonly string[] = ['judged', 'history', 'read', 'logs of', 'budget'];

/** Of what time and what logs the report speaks: the labels and facts of the text report. */
export function factList(analysis: Analysis, timeZone: string): Markup {
  const lines = [
    ...renderSpans(analysis, timeZone, UNBROKEN),
    ...(analysis.logs.files === 0 ? [] : renderLogs(analysis.logs, UNBROKEN, analysis.calls)),
  ];
  const facts = lines.map((line) => ({ label: line.slice(0, 10).trim(), text: line.slice(10) }));
  const place = (label: string) => (FIRST.includes(label) ? FIRST.indexOf(label) : FIRST.length);
  facts.sort((a, b) => place(a.label) - place(b.label));
  return markup`<dl class="facts">${facts.map(({ label, text }) => markup`<div><dt>${label}</dt><dd>${text}</dd></div>`)}${analysis.notes.map(
    (note) => markup`<div><dt>note</dt><dd>${printable(note, 1000)}</dd></div>`,
  )}</dl>`;
}
