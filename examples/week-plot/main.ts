// Four weeks of one key's hourly calls, as a query or a data frame has them, into a picture of its last day:
//   node main.js calls.csv > last-day.svg
import { readFile } from 'node:fs/promises';
import { fitBaseline, gridEnd, scoreWindow, seriesFromCsv, sliceWindow } from 'kms-baseline';
import { plotSeries, renderSvg } from 'kms-baseline/report';

const DAY = 86_400_000;
const calls = seriesFromCsv(await readFile(process.argv[2] ?? 'calls.csv', 'utf8'));
const end = gridEnd(calls.grid);

const baseline = fitBaseline(sliceWindow(calls, calls.grid.start, end - DAY));
const scores = scoreWindow(baseline, sliceWindow(calls, end - DAY, end));
process.stdout.write(
  renderSvg(plotSeries(scores, calls.keys[0] ?? {}), { title: 'Calls an hour', timeZone: 'Europe/Berlin' }),
);
