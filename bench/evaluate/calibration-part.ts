import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/index.js';
import { type CalibrationTable, calibration, RATE_BANDS } from '../../src/evaluate/index.js';
import { type Fleet, simulateCleanFleet } from '../../src/simulate/index.js';
import type { Page } from './page.js';
import { randomisedTable } from './randomised.js';

/** Acceptance, section 2: how often clean buckets are as rare as their probability says. */
export function calibrationPart(page: Page, seeds: readonly number[], series: number): void {
  page.heading('2. Calibration');
  page.line(
    `Share of clean buckets with a tail probability below the nominal one, over the nominal one; seeds ${seeds.join(', ')}, ${series} series each, people and ` +
      'machines of three rate classes, 6 weeks of history and 2 judged by `Detector`. To reach: 0.4 to 1.3 from 30 calls a bucket on, at most 1.3 below; randomised 0.7 to 1.3.',
  );
  for (const [name, contaminated] of [
    ['clean histories', 0],
    ['a quarter of the histories holds an incident', 0.25],
  ] as const) {
    const fleets = seeds.map((seed) => simulateCleanFleet({ seed, series, contaminated }));
    page.line();
    page.line(`Conservative, ${name}:`);
    page.line();
    tableOf(page, pooled(fleets.map(detected)));
    page.line(`Randomised, ${name} (the base bucket, on the first three days after the history):`);
    page.line();
    tableOf(page, pooled(fleets.map((fleet) => randomisedTable(fitted(fleet), fleet.judged))));
  }
}

function fitted({ history, judged, zones }: Fleet) {
  const zoneOf = new Map(judged.keys.map((key, row) => [`${key.operation} ${key.keyArn}`, zones[row]]));
  return fitBaseline(history, { timeZone: (key) => zoneOf.get(`${key.operation} ${key.keyArn}`) });
}

function detected(fleet: Fleet): CalibrationTable {
  return calibration(new Detector(fitted(fleet)), fleet.judged);
}

/** Tables of the same shape as one. */
function pooled(tables: readonly CalibrationTable[]): CalibrationTable {
  return tables[0].map((row, i) => {
    const own = tables.map((table) => table[i]);
    const buckets = own.reduce((sum, one) => sum + one.buckets, 0);
    const hits = own.reduce((sum, one) => sum + (one.buckets === 0 ? 0 : one.effective * one.buckets), 0);
    return { ...row, buckets, effective: hits / buckets, ratio: hits / buckets / row.nominal };
  });
}

function tableOf(page: Page, table: CalibrationTable): void {
  const nominal = [...new Set(table.map((row) => row.nominal))];
  page.table(
    ['expected calls', 'side', 'buckets', ...nominal.map((p) => p.toExponential(0))],
    RATE_BANDS.flatMap((band) =>
      (['above', 'below'] as const).flatMap((verdict) => {
        const rows = table.filter((row) => row.band === band && row.verdict === verdict);
        if (rows[0].buckets === 0) return [];
        return [[band, verdict, String(rows[0].buckets), ...rows.map(({ ratio }) => ratio.toFixed(2))]];
      }),
    ),
  );
}
