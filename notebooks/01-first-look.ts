// A first look at a folder of CloudTrail logs: learn from four weeks, judge the last day, say it in words.
//
//     npm run build && npx ts-node notebooks/01-first-look.ts
//
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { countCalls, findAnomalies, fitBaseline, scoreWindow, selectRows, sliceWindow, wordsFor } from 'kms-baseline';
import { type Coverage, readCloudTrail } from 'kms-baseline/node';
import { plotSeries, renderSvg, textTable } from 'kms-baseline/report';

const DAY = 86_400_000;
const timeZone = 'Europe/Berlin';
const logs = fileURLToPath(new URL('../data/logs', import.meta.url));

// One pass over the logs. Records of all services tell when the logs were listening: that is known at the end only.
let coverage: readonly Coverage[] = [];
const calls = readCloudTrail(logs, {
  onCoverage: (found) => {
    coverage = found;
  },
});
const counts = await countCalls(calls, {
  by: [
    ['operation'],
    ['operation', 'outcome'],
    ['keyArn'],
    ['keyArn', 'operation'],
    // Not judged: these tell who was behind an anomaly.
    ['keyArn', 'operation', 'caller'],
    ['operation', 'caller'],
  ],
  coverage: () => coverage,
});
const rows = selectRows(counts, (key) => key.caller === null);
const callers = selectRows(counts, (key) => key.caller !== null);

const { start, step, length } = counts.grid;
const end = start + length * step;
const lastDay = end - DAY;

const baseline = fitBaseline(sliceWindow(rows, start, lastDay), { timeZone });
const scores = scoreWindow(baseline, sliceWindow(rows, lastDay, end), { alertBudget: { perWeek: 1 } });
const anomalies = findAnomalies(scores, {
  callers: sliceWindow(callers, lastDay, end),
  usualCallers: sliceWindow(callers, start, lastDay),
});

for (const anomaly of anomalies) console.log(`${wordsFor(anomaly, { timeZone, step, judgedUntil: end })}\n`);

// What is normal on the key of the staff's documents, through that Tuesday in Berlin.
const documents = 'arn:aws:kms:eu-central-1:111122223333:key/2c3d85e6-7f30-4b9c-9d4a-52e3f4061723';
const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
console.log('GenerateDataKey on 2c3d85e6: calls in the five minutes from');
console.log(
  textTable(
    [
      { title: timeZone },
      { title: 'expected', align: 'right' },
      { title: 'normal from', align: 'right' },
      { title: 'to', align: 'right' },
    ],
    [0, 3, 6, 9, 12, 15, 18, 21].map((hour) => {
      const time = lastDay + (hour * DAY) / 24;
      const { expected, lower, upper } = baseline.band({ operation: 'GenerateDataKey', keyArn: documents }, time);
      return [clock.format(time), expected.toFixed(2), String(lower), String(upper)];
    }),
  ).join('\n'),
);

// The most unusual series as a picture.
const [{ key, from, to }] = anomalies;
const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(
  new URL('01-first-look.svg', out),
  renderSvg(plotSeries(scores, key), { title: wordsFor(anomalies[0], { timeZone }), timeZone, marks: [{ from, to }] }),
);
console.log('\nwritten: notebooks/out/01-first-look.svg');
