import { simulateFleet } from '../../src/simulate/fleet.js';
import { addFleet, emptyResult, type FleetResult, figuresOf, type Judge } from './fleet-run.js';
import { type JudgingLibrary, library } from './library.js';
import { oracle } from './oracle.js';
import { type Page, share } from './page.js';
import { RIVALS } from './rivals.js';

const PER_SERIES_WEEK = 0.05;
const PER_FLEET_WEEK = 1;

/**
 * Acceptance, section 1: detection on simulated fleets, beside simple rivals and the oracle.
 * @param isAlone leaves the rivals and the oracle out, and lists what the library missed and invented
 */
export function fleetPart(
  page: Page,
  seeds: readonly number[],
  series: number,
  lib: JudgingLibrary,
  isAlone = false,
): void {
  const tight = PER_SERIES_WEEK * series;
  const judges: [name: string, judge: Judge][] = [
    [`zone given, ${PER_SERIES_WEEK}`, library(tight, 'given', lib)],
    [`no zone, ${PER_SERIES_WEEK}`, library(tight, 'none', lib)],
    ['zone given, 1 a week', library(PER_FLEET_WEEK, 'given', lib)],
    ['no zone, 1 a week', library(PER_FLEET_WEEK, 'none', lib)],
  ];
  if (!isAlone) {
    judges.push(
      [`oracle, ${PER_SERIES_WEEK}`, oracle(tight)],
      ['oracle, 1 a week', oracle(PER_FLEET_WEEK)],
      ...Object.entries(RIVALS),
    );
  }
  const results = new Map(judges.map(([name]) => [name, emptyResult()]));
  for (const seed of seeds) {
    const fleet = simulateFleet({ seed, series });
    for (const [name, judge] of judges) addFleet(fleet, seed, judge, results.get(name) ?? emptyResult());
  }
  page.heading('1. Detection on simulated fleets');
  page.line(
    `${seeds.length} fleets (seeds ${seeds.join(', ')}) of ${series} series, 6 weeks of history, 2 weeks judged, buckets of 5 minutes. The alert budget is ` +
      `${PER_SERIES_WEEK} false episodes per series-week, or ${PER_FLEET_WEEK} a week for the whole fleet (${share(PER_FLEET_WEEK / series)} per series-week).`,
  );
  page.line(
    'To reach at 0.05: recall 0.95 and 0.05 false episodes with the zone given, 0.90 and 0.20 without; at 1 a week: 0.90 and 0.02, 0.85 and 0.05; ' +
      'delay 0; at most 0.01 unknown in series with a week of history and a call a day.',
  );
  page.line();
  page.table(
    ['way', 'recall', 'false episodes per series-week', 'median delay of spikes', 'unknown'],
    [...results].map(([name, result]) => {
      const { recall, falseAlarms, spikeDelay, unknown } = figuresOf(result);
      return [
        name,
        share(recall),
        share(falseAlarms),
        Number.isNaN(spikeDelay) ? '–' : String(spikeDelay),
        share(unknown),
      ];
    }),
  );
  byEvent(page, results);
  byRow(page, results);
  if (isAlone) details(page, results);
}

function details(page: Page, results: ReadonlyMap<string, FleetResult>): void {
  for (const [name, { missed, invented }] of results) {
    page.line(`${name}, missed:`);
    for (const line of missed) page.line(`  ${line}`);
    page.line(`${name}, invented:`);
    for (const { seed, row, kind, episodes } of invented) page.line(`  seed ${seed} row ${row} ${kind}: ${episodes}`);
  }
}

function byEvent(page: Page, results: ReadonlyMap<string, FleetResult>): void {
  const [first] = results.values();
  const kinds = Object.keys(first.recallByKind).sort();
  page.line('Recall by kind of event:');
  page.line();
  page.table(
    ['way', ...kinds.map((kind) => `${kind} (${first.recallByKind[kind].events})`)],
    [...results].map(([name, { recallByKind }]) => [
      name,
      ...kinds.map((kind) => share(recallByKind[kind].found / recallByKind[kind].events)),
    ]),
  );
}

function byRow(page: Page, results: ReadonlyMap<string, FleetResult>): void {
  const [first] = results.values();
  const kinds = Object.keys(first.falseAlarmsByKind);
  page.line('False episodes per series-week by kind of series:');
  page.line();
  page.table(
    ['way', ...kinds.map((kind) => `${kind} (${first.falseAlarmsByKind[kind].rows})`)],
    [...results].map(([name, { falseAlarmsByKind, weeks }]) => [
      name,
      ...kinds.map((kind) => share(falseAlarmsByKind[kind].episodes / (falseAlarmsByKind[kind].rows * weeks))),
    ]),
  );
}
