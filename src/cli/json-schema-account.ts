import { count, fields, flag, list, number, of, orNull, type Schema, text, time } from './schema-parts.js';

const schemaVersion: Schema = { const: 1 };
const range = fields({ from: time, to: time });

const key = fields({
  keyArn: text,
  keyId: text,
  region: text,
  aliases: list(text),
  state: orNull(text),
  manager: orNull(text),
  origin: orNull(text),
  spec: orNull(text),
  usage: orNull(text),
  customKeyStoreId: orNull(text),
  multiRegion: flag,
  created: orNull(time),
  deletion: orNull(time),
  materialExpires: orNull(time),
  rotation: orNull(fields({ enabled: flag, periodDays: orNull(count), next: orNull(time) })),
  lastUse: orNull(fields({ time, operation: text })),
  trackedSince: orNull(time),
  lastSeen: { ...orNull(time), description: 'the last use that KMS or the logs know of' },
  need: text,
  failed: list(fields({ operation: text, reason: text })),
});

const alarm = fields({
  name: text,
  arn: text,
  kind: { enum: ['metric', 'promql', 'log', 'composite'] },
  state: { enum: ['OK', 'ALARM', 'INSUFFICIENT_DATA'] },
  since: orNull(time),
  updated: orNull(time),
  evaluation: orNull(text),
  tells: flag,
  silencedBy: orNull(fields({ by: { enum: ['no-actions', 'disabled', 'suppressed', 'muted'] }, name: orNull(text) })),
  actions: list(text),
  metrics: list(text),
});

const checked = fields({
  region: text,
  digests: fields({ checked: count, valid: count }),
  logs: fields({ checked: count, valid: count }),
  problems: list(fields({ kind: text, object: text, detail: text })),
  covered: list(range),
  uncovered: list(range),
});

const notice = fields({
  schemaVersion,
  sentAt: time,
  to: list(text),
  id: text,
  alarm: text,
  plan: text,
  owner: text,
  kind: { enum: ['anomaly', 'change', 'first-seen', 'lifecycle', 'health'] },
  state: { enum: ['OK', 'ALARM', 'INSUFFICIENT_DATA'] },
  change: { enum: ['opened', 'updated', 'closed', null] },
  at: time,
  text,
  callers: list(text),
  incident: orNull(text),
  severity: { enum: ['critical', 'high', 'medium', 'low', null] },
});

/** What commands print that ask an account, and `watch --replay`. */
export const ACCOUNT_SCHEMAS: readonly Schema[] = [
  of('keys', { schemaVersion, keys: list(key) }),
  of('alarms', { schemaVersion, alarms: list(alarm) }),
  of('validate', {
    schemaVersion,
    ...{ bucket: text, prefix: text, account: text, from: time, to: time },
    regions: list(checked),
  }),
  of('watch', {
    schemaVersion,
    ...{ plan: text, from: time, to: time, learnedFrom: time, polls: number },
    notify: list(text),
    notices: list(notice),
    problems: list(fields({ source: text, message: text })),
    health: { type: 'object' },
  }),
];
