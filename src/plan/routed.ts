import type { Severity } from '../engine/types.js';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { isFor, type Notice, type NoticeChange, type NoticeKind, type Notifier } from './notice.js';

export interface RouteOptions {
  /** Only notices at least as severe. */
  readonly minSeverity?: Severity;
  /** Only notices of these kinds. */
  readonly kinds?: readonly NoticeKind[];
  /** Of what goes on, only these steps: `['opened']` is one message for each incident. What has no steps is sent as it is. */
  readonly changes?: readonly NoticeChange[];
}

export const NOTICE_SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
export const NOTICE_KINDS: readonly NoticeKind[] = ['anomaly', 'change', 'first-seen', 'lifecycle', 'health'];
export const NOTICE_CHANGES: readonly NoticeChange[] = ['opened', 'updated', 'closed'];

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
 * @throws InputError for a severity, a kind or a change that there is none of
 */
export function routedNotifier(notifier: Notifier, route: RouteOptions): Notifier {
  checkOptions(route, ROUTE_OPTIONS);
  const { minSeverity, kinds, changes } = route;
  if (minSeverity !== undefined && !NOTICE_SEVERITIES.includes(minSeverity)) {
    throw new InputError(`minSeverity must be one of ${NOTICE_SEVERITIES.join(', ')}, got ${shown(minSeverity)}`);
  }
  checkList(kinds, 'kinds', 'kind of notice', NOTICE_KINDS);
  checkList(changes, 'changes', 'change', NOTICE_CHANGES);
  const least = NOTICE_SEVERITIES.indexOf(minSeverity ?? 'low');
  const takes = (notice: Notice): boolean => {
    const { kind, severity, change } = notice;
    return (
      (kinds?.includes(kind) ?? true) &&
      (change === null || (changes?.includes(change) ?? true)) &&
      NOTICE_SEVERITIES.indexOf(severity ?? SEVERITY_OF[kind]) >= least &&
      isFor(notifier, notice)
    );
  };
  const which = [
    ...(minSeverity === undefined ? [] : [`${minSeverity} and worse`]),
    ...(kinds === undefined ? [] : [`kinds ${kinds.join(', ')}`]),
    ...(changes === undefined ? [] : [`steps ${changes.join(', ')}`]),
  ];
  return {
    name: notifier.name,
    about: [...(notifier.about === undefined ? [] : [notifier.about]), ...which].join('; '),
    takes,
    tell: (notice, signal) => (takes(notice) ? notifier.tell(notice, signal) : undefined),
  };
}

function checkList<T>(list: readonly T[] | undefined, name: string, what: string, all: readonly T[]): void {
  if (list === undefined) return;
  if (!Array.isArray(list) || list.length === 0) {
    throw new InputError(`${name} must be an array of at least one ${what}, got ${shown(list)}`);
  }
  for (const [i, one] of list.entries()) {
    if (!all.includes(one)) throw new InputError(`${name}[${i}] must be one of ${all.join(', ')}, got ${shown(one)}`);
  }
}

const ROUTE_OPTIONS: OptionNames<RouteOptions> = { minSeverity: true, kinds: true, changes: true };
