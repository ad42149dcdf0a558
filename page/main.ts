// The script of the HTML report: `scripts/embed-uplot.mjs` bundles it, with uPlot, into src/report/page.generated.ts.
import type { PageData } from '../src/report/html/page-data.js';
import { openAnomalies } from './anomalies.js';
import { drawHeatMap } from './heat-map.js';
import { SeriesTable } from './series-table.js';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;

openAnomalies(data);
const place = document.getElementById('series-table');
if (place !== null) new SeriesTable(data, place);
const map = document.getElementById('heat-map');
if (map !== null) drawHeatMap(data, map, document.getElementById('heat-readout'));
