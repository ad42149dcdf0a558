import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { Notice } from '../../src/plan/notice.js';
import { NOTICE_CHANGES, routedNotifier } from '../../src/plan/routed.js';

const incident = (change: Notice['change']) => ({ kind: 'anomaly', severity: 'high', change }) as Notice;
const deletion = { kind: 'change', severity: null, change: null } as Notice;

function sentOf(changes: readonly Notice['change'][], all: readonly Notice[]): readonly Notice[] {
  const sent: Notice[] = [];
  const notifier = { name: 'topic', tell: (notice: Notice) => void sent.push(notice) };
  const routed = routedNotifier(notifier, { changes: changes as NonNullable<Notice['change']>[] });
  for (const one of all) void routed.tell(one);
  return sent;
}

describe('the steps that a notifier is sent', () => {
  const all = [incident('opened'), deletion, incident('updated'), incident('closed')];

  it('are one message for each incident where only its opening is asked for, and what has no steps all the same', () => {
    expect(sentOf(['opened'], all)).toEqual([all[0], deletion]);
    expect(sentOf(['opened', 'closed'], all)).toEqual([all[0], deletion, all[3]]);
    expect(sentOf(NOTICE_CHANGES, all)).toEqual(all);
  });

  it('stand in what reviewers of the plan read, and unknown ones are refused', () => {
    const notifier = { name: 'topic', about: 'a message', tell: () => undefined };
    expect(routedNotifier(notifier, { changes: ['opened'] }).about).toBe('a message; incidents when opened');
    for (const changes of [[], ['begun'], 'opened', ['opened', 'over']]) {
      expect(() => routedNotifier(notifier, { changes } as object)).toThrow(InputError);
    }
  });
});
