import type { Severity } from '../engine/types.js';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { Notice, NoticeKind, Notifier } from './notice.js';

export interface RouteOptions {
  /** Only notices at least as severe. */
  readonly minSeverity?: Severity;
  /** Only notices of these kinds. */
  readonly kinds?: readonly NoticeKind[];
}

export const NOTICE_SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
export const NOTICE_KINDS: readonly NoticeKind[] = ['anomaly', 'change', 'first-seen', 'lifecycle', 'health'];

/**
 * How severe notices are that have no severity of their own: a critical operation, and a key about to be gone, are as urgent as
 * a severe incident.
 */
const SEVERITY_OF: Readonly<Record<NoticeKind, Severity>> = {
  anomaly: 'medium',
  change: 'high',
  lifecycle: 'high',
  'first-seen': 'medium',
  health: 'medium',
};

/**
 * A notifier that is sent some notices only: the severe ones to a pager, say, and all to a channel. Kinds without a severity
 * count as `high` (`change`, `lifecycle`) or `medium` (`first-seen`, `health`).
 * @throws InputError for a severity or a kind that there is none of
 */
export function routedNotifier(notifier: Notifier, route: RouteOptions): Notifier {
  checkOptions(route, ROUTE_OPTIONS);
  const { minSeverity, kinds } = route;
  if (minSeverity !== undefined && !NOTICE_SEVERITIES.includes(minSeverity)) {
    throw new InputError(`minSeverity must be one of ${NOTICE_SEVERITIES.join(', ')}, got ${shown(minSeverity)}`);
  }
  if (kinds !== undefined && (!Array.isArray(kinds) || kinds.length === 0)) {
    throw new InputError(`kinds must be an array of at least one kind of notice, got ${shown(kinds)}`);
  }
  for (const [i, kind] of (kinds ?? []).entries()) {
    if (!NOTICE_KINDS.includes(kind)) {
      throw new InputError(`kinds[${i}] must be one of ${NOTICE_KINDS.join(', ')}, got ${shown(kind)}`);
    }
  }
  const least = NOTICE_SEVERITIES.indexOf(minSeverity ?? 'low');
  const isFor = ({ kind, severity }: Notice): boolean =>
    (kinds?.includes(kind) ?? true) && NOTICE_SEVERITIES.indexOf(severity ?? SEVERITY_OF[kind]) >= least;
  const which = [
    ...(minSeverity === undefined ? [] : [`${minSeverity} and worse`]),
    ...(kinds === undefined ? [] : [`kinds ${kinds.join(', ')}`]),
  ];
  return {
    name: notifier.name,
    about: [...(notifier.about === undefined ? [] : [notifier.about]), ...which].join('; '),
    tell: (notice, signal) => (isFor(notice) ? notifier.tell(notice, signal) : undefined),
  };
}

const ROUTE_OPTIONS: OptionNames<RouteOptions> = { minSeverity: true, kinds: true };
