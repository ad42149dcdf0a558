import { DIMENSIONS, type Dimension } from '../html/page-data.js';

/** Which findings are shown, and how: all of it stands in the address, behind `#`. */
export interface ListState {
  /** This and worse: 0 critical to 3 low; 3 shows all. */
  readonly severity: number;
  readonly kind: string;
  readonly names: Readonly<Partial<Record<Dimension, string>>>;
  readonly search: string;
  readonly sort: Sort;
  /** From 1. */
  readonly page: number;
  readonly lanes: Dimension;
}

export const SORTS = ['severity', 'time', 'size'] as const;
export type Sort = (typeof SORTS)[number];
export const SEVERITY_NAMES = ['critical', 'high', 'medium', 'low'] as const;

export const START: ListState = {
  ...{ severity: 3, kind: '', names: {}, search: '', sort: 'severity', page: 1, lanes: 'key' },
};

/** What an address asks for; what it does not name, or names wrongly, is as at the start. */
export function stateOf(hash: string): ListState {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const among = <T extends string>(name: string, all: readonly T[], otherwise: T): T =>
    all.find((value) => value === given.get(name)) ?? otherwise;
  const names = DIMENSIONS.flatMap((dimension) => {
    const name = given.get(dimension);
    return name === null ? [] : [[dimension, name] as const];
  });
  const page = Number(given.get('page') ?? '1');
  return {
    severity: SEVERITY_NAMES.indexOf(among('severity', SEVERITY_NAMES, 'low')),
    kind: given.get('kind') ?? '',
    names: Object.fromEntries(names),
    search: given.get('search') ?? '',
    sort: among('sort', SORTS, 'severity'),
    page: Number.isInteger(page) && page >= 1 ? page : 1,
    lanes: among('lanes', DIMENSIONS, START.lanes),
  };
}

/** The address of a state; empty at the start. */
export function hashOf(state: ListState): string {
  const given = new URLSearchParams();
  if (state.severity !== START.severity) given.set('severity', SEVERITY_NAMES[state.severity] ?? 'low');
  if (state.kind !== '') given.set('kind', state.kind);
  for (const dimension of DIMENSIONS) {
    const name = state.names[dimension];
    if (name !== undefined && name !== '') given.set(dimension, name);
  }
  if (state.search !== '') given.set('search', state.search);
  if (state.sort !== START.sort) given.set('sort', state.sort);
  if (state.page !== START.page) given.set('page', String(state.page));
  if (state.lanes !== START.lanes) given.set('lanes', state.lanes);
  return given.toString();
}
