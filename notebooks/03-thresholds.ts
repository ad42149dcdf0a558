// How many false alarms a week are worth how many incidents? A backtest on a simulated fleet whose incidents are known, over
// several budgets: the threshold follows from the budget, nobody picks one.
//
//     npm run build && npx ts-node notebooks/03-thresholds.ts
//
import { mkdirSync, writeFileSync } from 'node:fs';
import { backtest, Detector, fitBaseline, keyId } from 'kms-baseline';
import { scoreVerdicts, summaryOf } from 'kms-baseline/evaluate';
import { plotSeries, renderSvg, textTable } from 'kms-baseline/report';
import { simulateFleet } from 'kms-baseline/simulate';

const fleet = simulateFleet({ seed: 21, series: 24 });
const { history, judged, labels } = fleet;
const zones = new Map(judged.keys.map((key, row) => [keyId(key), fleet.zones[row]]));
const baseline = fitBaseline(history, { timeZone: (key) => zones.get(keyId(key)) });
console.log(`${judged.keys.length} series, ${labels.length} labelled incidents in two weeks\n`);

const budgets = [0.02, 0.5, 5, 50];
const results = budgets.map((perWeek) => {
  const scores = new Detector(baseline, { alertBudget: { perWeek } }).observe(judged);
  return { perWeek, scores, summary: summaryOf(scoreVerdicts(scores, labels)) };
});
const right = (title: string) => ({ title, align: 'right' as const });
console.log(
  textTable(
    ['false alarms a week allowed', 'told in fact', 'incidents found', 'share', 'median delay'].map(right),
    results.map(({ perWeek, summary }) => [
      String(perWeek),
      (summary.falseEpisodes / 2).toFixed(1),
      `${summary.found} of ${summary.events}`,
      `${Math.round(100 * summary.recall)} %`,
      summary.medianDelay === 0 ? 'none' : `${summary.medianDelay * 5} min`,
    ]),
  ).join('\n'),
);

// What is missed with a budget of one in two weeks, by kind.
const chosen = results[1];
console.log(`\nBy kind of incident, with ${chosen.perWeek} false alarms a week allowed\n`);
console.log(
  textTable(
    [{ title: 'incident' }, { title: 'side' }, right('all'), right('found')],
    chosen.summary.kinds.map(({ kind, verdict, events, found }) => [kind, verdict, String(events), String(found)]),
  ).join('\n'),
);

// On counts of one's own, `backtest` does all of it: it fits what is before `from`, and observes the rest.
const { grid } = judged;
const own = backtest(judged, [], { from: grid.start + 7 * 86_400_000, detector: { alertBudget: { perWeek: 0.5 } } });
console.log(
  `\nWithout labels, after one week of history: ${own.falseEpisodes} episodes to look at in the second week (incidents included)`,
);

const { events } = scoreVerdicts(chosen.scores, labels);
const { key, from, to, kind } = labels[events.findIndex(({ found, kind }) => found && kind === 'low-and-slow')];
const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(
  new URL('03-found.svg', out),
  renderSvg(plotSeries(chosen.scores, key), { title: `${kind}, found`, marks: [{ from, to }] }),
);
console.log('written: notebooks/out/03-found.svg');
