import type { Finding } from './changes.js';
import type { Notice } from './notice.js';
import { noticeId } from './notice-id.js';
import type { MonitoringPlan } from './plan.js';
import type { WatchData } from './watch-data.js';

/** What of a notice is not in its finding, where it is not what it is by default. */
export type NoticeParts = Partial<Omit<Notice, 'id' | 'plan' | 'owner' | keyof Finding>>;

/** Decides a notice and puts it among those to be sent, in `data`; returns its id. */
export function decideNotice(
  { name, owner }: MonitoringPlan,
  data: WatchData,
  finding: Finding,
  more: NoticeParts,
): string {
  const { alarm, ...rest } = more;
  const content = {
    plan: name,
    owner,
    state: 'ALARM',
    change: null,
    keys: finding.key === null ? [] : [finding.key],
    incident: null,
    severity: null,
    anomaly: null,
    ...finding,
    ...rest,
  } as const;
  const id = noticeId(data.stateId, ++data.sequence, content);
  data.outbox.push({ notice: { id, alarm: alarm ?? id, ...content }, told: [] });
  return id;
}
