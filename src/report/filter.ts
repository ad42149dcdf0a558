import { compareSeverity, SEVERITIES } from '../engine/anomalies/anomaly-of-runs.js';
import type { Anomaly, AnomalyKind } from '../engine/types.js';
import { closest, InputError, shown } from '../errors.js';
import type { SeriesKey } from '../series/key.js';
import type { Analysis } from './analysis.js';
import type { AnomalyFilter, FilteredAnomalies } from './anomaly-filter.js';
import { accountOf, facetsOf, regionOf } from './facets.js';
import type { NamedKey } from './key-names.js';
import { callerName, keyName } from './names.js';
import { grouped } from './numbers.js';
import { printable } from './printable.js';

/** Every kind of anomaly. */
export const ANOMALY_KINDS: readonly AnomalyKind[] = [
  ...(['spike', 'excess', 'drop', 'silence', 'level-shift', 'first-seen', 'rare'] as const),
];

const FIELDS = ['key', 'operation', 'caller', 'account', 'region', 'kind', 'severity', 'top'] as const;
type NameField = 'key' | 'operation' | 'caller' | 'account' | 'region';

/**
 * An analysis with only the anomalies that a filter lets through; everything else in it speaks of all that was judged.
 * What was filtered out is counted in {@link Analysis.filtered}, and reports say so.
 * @param rows what else exists besides what the analysis names: rows that were judged, and rows by caller. With them, a
 *   name that exists nowhere is an error; without them it only matches nothing
 * @throws InputError for a field or a value that cannot be, or a name that none of `rows` and the analysis has
 */
export function filterAnalysis(
  analysis: Analysis,
  filter: AnomalyFilter,
  rows?: readonly SeriesKey[],
): Analysis & { readonly filtered: FilteredAnomalies } {
  return filterFindings(analysis, filter, rows, (field) => `filter.${field}`);
}

/** As {@link filterAnalysis}. @param nameOf how messages name a field */
export function filterFindings(
  analysis: Analysis,
  filter: AnomalyFilter,
  rows: readonly SeriesKey[] | undefined,
  nameOf: (field: string) => string,
): Analysis & { readonly filtered: FilteredAnomalies } {
  checkFilter(filter, nameOf);
  if (rows !== undefined) checkNames(analysis, filter, rows, nameOf);
  const kept = analysis.anomalies.flatMap((anomaly, i) => (matches(anomaly, filter, analysis) ? [i] : []));
  const places = new Map(kept.slice(0, filter.top).map((old, place) => [old, place]));
  const before = analysis.filtered;
  return {
    ...analysis,
    anomalies: [...places.keys()].map((old) => analysis.anomalies[old]),
    operations: analysis.operations.map((use) => ({
      ...use,
      anomalies: use.anomalies.flatMap((old) => places.get(old) ?? []),
    })),
    filtered: {
      shown: places.size,
      of: before?.of ?? analysis.anomalies.length,
      filter: { ...before?.filter, ...filter },
    },
  };
}

/** A filter as it is asked for on a command line: `--severity high --kind drop --kind silence`. */
export function filterWords(filter: AnomalyFilter): string {
  return FIELDS.flatMap((field) => listOf<string | number>(filter[field]).map((value) => `--${field} ${value}`))
    .map((text) => printable(text, 120))
    .join(' ');
}

/** What a filter left out, in a sentence; empty where it left out nothing. */
export function filteredSentence({ filtered }: Analysis): string {
  if (filtered === undefined || filtered.shown === filtered.of) return '';
  return `Showing ${grouped(filtered.shown)} of ${grouped(filtered.of)} ${filtered.of === 1 ? 'anomaly' : 'anomalies'}: ${filterWords(filtered.filter)}.`;
}

/** Whether a filter asks for anything. */
export function isFilter(filter: AnomalyFilter): boolean {
  return FIELDS.some((field) => filter[field] !== undefined);
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function matches(anomaly: Anomaly, filter: AnomalyFilter, { sources, keys = [] }: Analysis): boolean {
  const { severity } = filter;
  if (severity !== undefined && compareSeverity(anomaly.severity, severity) > 0) return false;
  if (filter.kind !== undefined && !listOf(filter.kind).includes(anomaly.kind)) return false;
  const facets = facetsOf(anomaly, sources);
  const has = (field: NameField, names: readonly string[]) =>
    filter[field] === undefined ||
    listOf(filter[field]).some((asked) => names.some((name) => isNamed(field, name, asked, keys)));
  return (
    has('key', facets.keys) &&
    has('operation', facets.operations) &&
    has('caller', facets.callers) &&
    has('account', facets.accounts) &&
    has('region', facets.regions)
  );
}

/** Ids shorter than this would name a sixteenth of all keys, or more. */
const LEAST_ID = 4;

function isNamed(field: NameField, name: string, asked: string, keys: readonly NamedKey[] = []): boolean {
  if (name === asked) return true;
  if (field === 'key') {
    const known = keys.find(({ keyArn }) => keyArn === name);
    if (known?.name === asked || known?.aliases.some((alias) => alias === asked || alias === `alias/${asked}`))
      return true;
    const id = name.slice(name.lastIndexOf('/') + 1);
    return asked.length >= LEAST_ID && id.toLowerCase().startsWith(asked.toLowerCase());
  }
  if (field !== 'caller') return false;
  const short = callerName(name, null).replace(/ of account \d+$/, '');
  return short === asked || short.slice(short.indexOf('/') + 1) === asked;
}

/** @throws InputError for a field that there is not, or a value that it cannot have */
function checkFilter(filter: AnomalyFilter, nameOf: (field: string) => string): void {
  const among = (field: string, value: unknown, all: readonly string[]) => {
    if (typeof value === 'string' && all.includes(value)) return;
    const meant = typeof value === 'string' ? closest(value, all) : undefined;
    throw new InputError(`${nameOf(field)} must be ${alternatives(all)}, got ${shown(value)}${suggestion(meant)}`);
  };
  for (const field of Object.keys(filter)) {
    if (!(FIELDS as readonly string[]).includes(field)) {
      throw new InputError(
        `unknown field ${nameOf(field)}; known fields: ${FIELDS.join(', ')}${suggestion(closest(field, FIELDS))}`,
      );
    }
  }
  for (const kind of listOf(filter.kind)) among('kind', kind, ANOMALY_KINDS);
  if (filter.severity !== undefined) among('severity', filter.severity, SEVERITIES);
  const { top } = filter;
  if (top !== undefined && !(Number.isInteger(top) && top >= 1)) {
    throw new InputError(`${nameOf('top')} must be a whole number of 1 or more, got ${shown(top)}`);
  }
  for (const field of ['key', 'operation', 'caller', 'account', 'region'] as const) {
    for (const name of listOf(filter[field])) {
      if (typeof name !== 'string' || name === '') {
        throw new InputError(`${nameOf(field)} must be a name or a list of names, got ${shown(name)}`);
      }
    }
  }
}

/** @throws InputError for a name that nothing in the counts has */
function checkNames(
  analysis: Analysis,
  filter: AnomalyFilter,
  rows: readonly SeriesKey[],
  nameOf: (field: string) => string,
): void {
  for (const field of ['key', 'operation', 'caller', 'account', 'region'] as const) {
    const asked = listOf(filter[field]);
    if (asked.length === 0) continue;
    const names = [...new Set(existing(field, analysis, rows))];
    if (names.length === 0) {
      throw new InputError(`${nameOf(field)} cannot be judged by: the counts name no ${field}`);
    }
    for (const name of asked) {
      if (names.some((existing) => isNamed(field, existing, name, analysis.keys))) continue;
      const short = [...new Set(names.map((existing) => shortName(field, existing)))].sort();
      const bare = short.map((name) => name.slice(name.indexOf('/') + 1));
      throw new InputError(
        `${nameOf(field)} must name ${/^[ao]/.test(field) ? 'an' : 'a'} ${field} of the judged counts, got ${shown(name)}; there ${listed(short)}${suggestion(closest(name, [...short, ...bare]))}`,
      );
    }
  }
}

function existing(field: NameField, analysis: Analysis, rows: readonly SeriesKey[]): string[] {
  const found = analysis.anomalies.map((anomaly) => facetsOf(anomaly, analysis.sources));
  const kept = (names: readonly (string | null)[]) => names.filter((name) => name !== null);
  const used = analysis.sources.filter(({ kmsCalls }) => kmsCalls > 0);
  switch (field) {
    case 'key':
      return [...kept(rows.map(({ keyArn }) => keyArn)), ...found.flatMap(({ keys }) => keys)];
    case 'operation':
      return [...kept(rows.map(({ operation }) => operation)), ...analysis.operations.map((use) => use.operation)];
    case 'caller':
      return [...kept(rows.map(({ caller }) => caller)), ...found.flatMap(({ callers }) => callers)];
    case 'account':
      return [...kept(rows.map(accountOf)), ...used.map(({ account }) => account)];
    case 'region':
      return [...kept(rows.map(regionOf)), ...used.map(({ region }) => region)];
  }
}

function shortName(field: NameField, name: string): string {
  if (field === 'key') return keyName(name).replace(/ \(.*\)$/, '');
  return field === 'caller' ? callerName(name, null).replace(/ of account \d+$/, '') : printable(name, 60);
}

/** So many names of what exists stand in a message. */
const LISTED = 12;

function listed(names: readonly string[]): string {
  const more = names.length - LISTED;
  const first = names.slice(0, LISTED).join(', ');
  return `${names.length === 1 ? 'is' : 'are'} ${first}${more > 0 ? ` and ${grouped(more)} more` : ''}`;
}

function alternatives(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function suggestion(meant: string | undefined): string {
  return meant === undefined ? '' : `. Did you mean ${meant}?`;
}
