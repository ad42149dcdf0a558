// The script of the HTML report: `scripts/embed-uplot.mjs` bundles it, with uPlot, into ../page.generated.ts.
import type { PageData } from '../html/page-data.js';
import { openAnomalies } from './anomalies.js';
import { drawHeatMap } from './heat-map.js';
import { IncidentList } from './incident-list.js';
import { SeriesTable } from './series-table.js';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;

const place = document.getElementById('series-table');
const table = place === null ? undefined : new SeriesTable(data, place);
openAnomalies(data, (name) => table?.find(name));
const list = document.getElementById('incidents');
if (list !== null) new IncidentList(data, list);
const map = document.getElementById('heat-map');
if (map !== null) drawHeatMap(data, map, document.getElementById('heat-readout'));
