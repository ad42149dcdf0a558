// A monitoring plan for an account: the six questions that it answers, a week of watching, how the watch itself is doing, and
// what CloudWatch and EventBridge are asked to watch besides.
//
//     npm run build && npx ts-node notebooks/06-monitoring-plan.ts
//
import { mkdirSync, writeFileSync } from 'node:fs';
import { countCalls, fitBaseline, type KmsCall, scoreWindow, simulateCalls, sliceWindow } from 'kms-baseline';
import { alarmDefinitions, metricFilters, ruleDefinitions } from 'kms-baseline/aws';
import { definePlan, memoryStore, type Notice, planText, runPlan } from 'kms-baseline/plan';
import { plotSeries, renderSvg, textTable } from 'kms-baseline/report';
import { SHOP_CALLERS, SHOP_KEYS, shopCall } from 'kms-baseline/simulate';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 4, 4);
const watched = start + 14 * DAY;

// The account is a web shop; somebody reads many orders, the payment gateway stops, and a key is about to be deleted.
const { calls } = simulateCalls({
  seed: 3,
  start,
  weeks: 3,
  incidents: [
    {
      kind: 'spike',
      from: watched + DAY + 14 * HOUR,
      to: watched + DAY + 14.25 * HOUR,
      call: shopCall('Decrypt', SHOP_CALLERS.support, SHOP_KEYS.orders),
      calls: 300,
      note: 'the orders are read out',
    },
    {
      kind: 'outage',
      from: watched + 3 * DAY + 9 * HOUR,
      to: watched + 3 * DAY + 15 * HOUR,
      key: { keyArn: SHOP_KEYS.payments },
      note: 'the payment gateway is down',
    },
    {
      kind: 'control-plane-burst',
      from: watched + 4 * DAY + 10 * HOUR,
      to: watched + 4 * DAY + 10 * HOUR + 60_000,
      call: shopCall('ScheduleKeyDeletion', SHOP_CALLERS.alice, SHOP_KEYS.backups),
      calls: 1,
      note: 'the key of the backups is scheduled for deletion',
    },
  ],
});

// A log that hands over every call five minutes after it was made, but stands still for six hours on the sixth day.
const all: readonly KmsCall[] = [...calls()];
const still = { from: watched + 5 * DAY, to: watched + 5 * DAY + 6 * HOUR };
const told: Notice[] = [];
const plan = definePlan({
  name: 'shop-keys',
  purpose: 'Hear of misuse and of outages of the shop’s KMS keys before customers do',
  // The secrets of the deployments are read in rare large bursts, which no budget holds for: see the README's limits.
  resources: { keys: Object.values(SHOP_KEYS).filter((arn) => arn !== SHOP_KEYS.secrets) },
  every: HOUR,
  timeZone: 'Europe/Berlin',
  owner: 'Security engineering, on call',
  alertBudget: { perWeek: 1 },
  sources: [
    {
      name: 'trail of 111122223333',
      poll: ({ cursor, from, now }) => {
        const after = typeof cursor === 'number' ? cursor : from;
        const to = now >= still.from && now < still.to ? after : now - 300_000;
        return {
          calls: all.filter(({ time }) => time >= after && time < to),
          coverage: [{ from: after, to }],
          cursor: to,
        };
      },
    },
  ],
  notify: [
    {
      name: 'the security channel',
      tell: (notice) => {
        told.push(notice);
      },
    },
  ],
});
console.log(`${planText(plan)}\n`);

// A week passes at once.
const stop = new AbortController();
let now = watched + HOUR;
const health = await runPlan(plan, {
  store: memoryStore(),
  signal: stop.signal,
  clock: {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      if (now >= watched + 7 * DAY) stop.abort();
    },
  },
});

for (const { at, state, kind, text } of told) {
  console.log(`${new Date(at).toISOString().slice(0, 16)} ${state} (${kind})\n    ${text}`);
}

console.log(`\nThe watch itself: ${health.phase}, ${health.calls} calls, ${health.notices.decided} notices`);
console.log(
  textTable(
    [
      { title: 'as surprising as' },
      { title: 'nominal', align: 'right' },
      { title: 'above', align: 'right' },
      { title: 'below', align: 'right' },
    ],
    health.calibration.map(({ surprise, nominal, above, below }) => [
      `1 in ${10 ** surprise}`,
      nominal.toFixed(4),
      above.toFixed(4),
      below.toFixed(4),
    ]),
  ).join('\n'),
);

// What was learned of the first two weeks, as inputs to be reviewed and then sent with one's own client.
const set = await countCalls(all, { by: [['keyArn', 'operation']] });
const baseline = fitBaseline(sliceWindow(set, start, watched), { timeZone: 'Europe/Berlin' });
const exports = [
  ...alarmDefinitions(baseline, { actions: ['arn:aws:sns:eu-central-1:111122223333:pager'], pairs: 2 }),
  ...ruleDefinitions(),
  ...metricFilters({ logGroupName: 'trail' }),
];
console.log('\nTo be sent, after a review:');
console.log(
  textTable(
    [{ title: 'operation' }, { title: 'why' }],
    exports.map(({ operation, why }) => [operation, why.length > 90 ? `${why.slice(0, 89)}…` : why]),
  ).join('\n'),
);

// The burst of the second day, against what was learned.
const day = scoreWindow(baseline, sliceWindow(set, watched + DAY, watched + 2 * DAY));
const burst = { from: watched + DAY + 14 * HOUR, to: watched + DAY + 14.25 * HOUR };
const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(
  new URL('06-orders-read.svg', out),
  renderSvg(plotSeries(day, { operation: 'Decrypt', keyArn: SHOP_KEYS.orders }), {
    title: 'Decrypt on the orders key',
    timeZone: 'Europe/Berlin',
    marks: [burst],
  }),
);
console.log('written: notebooks/out/06-orders-read.svg');
