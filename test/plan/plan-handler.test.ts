import { describe, expect, it, vi } from 'vitest';
import {
  definePlan,
  eventSource,
  memoryStore,
  type Notifier,
  type PlanStore,
  planHandler,
  StoreConflict,
} from '../../src/plan/index.js';
import { DAY, HOUR, logOf, MINUTE, recorder } from './support.js';

vi.spyOn(console, 'log').mockImplementation(() => undefined);
const NOW = Date.UTC(2026, 10, 29, 12);
const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2026-11-29T12:00:00Z', detail: {} };

/** As EventBridge hands over a call that CloudTrail has recorded. */
function change(eventName: string, key: number, time: number): object {
  const id = `${key}234abcd-12ab-34cd-56ef-1234567890ab`;
  return {
    version: '0',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    detail: {
      eventVersion: '1.11',
      userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/Alice', accountId: '111122223333' },
      eventTime: new Date(time).toISOString().replace('.000', ''),
      eventSource: 'kms.amazonaws.com',
      eventName,
      awsRegion: 'eu-central-1',
      eventID: `${eventName}-${key}-${time}`,
      readOnly: false,
      resources: [{ accountId: '111122223333', ARN: `arn:aws:kms:eu-central-1:111122223333:key/${id}` }],
      eventType: 'AwsApiCall',
      recipientAccountId: '111122223333',
      eventCategory: 'Management',
    },
  };
}

function world(store: PlanStore = memoryStore(), notifier?: Notifier) {
  const told = recorder();
  const clock = {
    time: NOW,
    slept: 0,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.slept++;
      clock.time += ms;
    },
  };
  const plan = definePlan({
    purpose: 'Changes',
    owner: 'Tests',
    alertBudget: { changes: 'all' },
    sources: [eventSource()],
    notify: [notifier ?? told],
  });
  return { handler: planHandler(plan, { store, clock, onProblem: () => undefined }), told: told.told, clock };
}

const context = (ms: number) => ({ getRemainingTimeInMillis: () => ms });

describe('planHandler', () => {
  it('reports each critical change in the invocation that brings it, from the first on', async () => {
    const { handler, told, clock } = world();
    for (const [i, [operation, key]] of [
      ['DisableKey', 1],
      ['ScheduleKeyDeletion', 1],
      ['DisableKey', 2],
      ['PutKeyPolicy', 1],
    ].entries()) {
      await handler(change(String(operation), Number(key), clock.time - 1000), context(60_000));
      expect(told).toHaveLength(i + 1);
      expect(told[i].text).toBe(`${operation} on ${key}234abcd (eu-central-1) by user/Alice (critical operation).`);
      clock.time += 2 * MINUTE;
    }
    // A day later too, though there have been four of them; and the same event again is the same.
    clock.time += DAY;
    const again = change('DisableKey', 1, clock.time);
    await handler(again);
    await handler(again);
    // Nor is yesterday's, which is judged only now, reported once more as unusual use.
    expect(told.map(({ kind }) => kind)).toEqual(Array(5).fill('change'));
    expect(new Set(told.map(({ id }) => id)).size).toBe(5);
  });

  it('is one poll for any other event, and says what it came to', async () => {
    const { handler, told } = world();
    const result = await handler(SCHEDULE, context(60_000));
    expect(result).toMatchObject({ ran: true, health: { polls: 1, rejected: 0, calls: 0 } });
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ ran: true });
    expect(told).toEqual([]);
  });

  it('leaves the state to another run where it has nothing of its own, and waits where it has', async () => {
    let claims = 0;
    const free = (after: number): PlanStore => ({
      ...memoryStore(),
      claim: async () => {
        if (claims++ < after) throw new StoreConflict('there', 'another run');
      },
    });
    const idle = world(free(1));
    expect(await idle.handler(SCHEDULE)).toEqual({ ran: false, why: expect.stringContaining('another run') });
    claims = 0;
    const busy = world(free(3));
    await busy.handler(change('DisableKey', 1, NOW - 1000), context(60_000));
    expect(busy.told).toHaveLength(1);
    expect(busy.clock.slept).toBe(3);
    claims = 0;
    // Lambda hands the event over again.
    await expect(world(free(1000)).handler(change('DisableKey', 1, NOW - 1000), context(60_000))).rejects.toThrow(
      StoreConflict,
    );
  });

  it('keeps an event for the next try where its own save met another run', async () => {
    let saves = 0;
    const kept = memoryStore();
    const store: PlanStore = {
      load: kept.load,
      save: async (bytes) => {
        if (saves++ === 0) throw new StoreConflict('there');
        await kept.save(bytes);
      },
    };
    const { handler, told } = world(store);
    await handler(change('DisableKey', 1, NOW - 1000), context(60_000));
    expect(told).toHaveLength(1);
  });

  it('fails where a notice could not be sent, for somebody to hear of it; the next invocation sends it', async () => {
    let isDown = true;
    const sent: string[] = [];
    const notifier: Notifier = {
      name: 'sns',
      tell: ({ id }) => {
        if (isDown) throw new Error('AccessDenied');
        sent.push(id);
      },
    };
    const { handler, clock } = world(memoryStore(), notifier);
    await expect(handler(change('DisableKey', 1, NOW - 1000))).rejects.toThrow(
      'notices could not be sent: sns: AccessDenied (1 waiting)',
    );
    isDown = false;
    clock.time += MINUTE;
    await handler(SCHEDULE);
    expect(sent).toHaveLength(1);
  });

  it('ends in time', async () => {
    const { handler } = world();
    await expect(handler(SCHEDULE, context(9_000))).rejects.toThrow('margin must be less than the function');
    const hanging = definePlan({
      purpose: 'Changes',
      owner: 'Tests',
      sources: [{ name: 'hangs', poll: () => new Promise<never>(() => undefined) }, logOf('log', [])],
      notify: [recorder()],
    });
    const before = Date.now();
    await planHandler(hanging, { store: memoryStore(), margin: 0 })(SCHEDULE, context(50));
    expect(Date.now() - before).toBeLessThan(HOUR);
  });
});
