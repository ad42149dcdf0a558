// Reads the findings of simulated fleets and shops, and holds every sentence against the counts and calls:
//   node bench/evaluate/sentences.mjs [--fleets 20] [--shops 20] [--first 1] [--show 10]
import { parseArgs } from 'node:util';
import { fleetSentences, type SentencesRead, shopSentences } from './sentence-cases.js';

const { values } = parseArgs({
  options: {
    fleets: { type: 'string', default: '20' },
    shops: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    show: { type: 'string', default: '10' },
  },
});

async function run(): Promise<void> {
  const first = Number(values.first);
  const totals = { fleets: { findings: 0, untrue: 0 }, shops: { findings: 0, untrue: 0 } };
  const untrue: SentencesRead['untrue'][number][] = [];
  const take = (what: keyof typeof totals, read: SentencesRead): void => {
    totals[what].findings += read.findings;
    totals[what].untrue += read.untrue.length;
    untrue.push(...read.untrue);
  };
  for (let i = 0; i < Number(values.fleets); i++) take('fleets', fleetSentences(first + i));
  for (let i = 0; i < Number(values.shops); i++) take('shops', await shopSentences(first + i));
  for (const { seed, text, faults } of untrue.slice(0, Number(values.show))) {
    console.log(`seed ${seed}: ${text}\n  ${faults.join('; ')}`);
  }
  const { fleets, shops } = totals;
  console.log(`fleets  ${values.fleets}: ${fleets.findings} findings, ${fleets.untrue} untrue`);
  console.log(`shops   ${values.shops}: ${shops.findings} findings, ${shops.untrue} untrue`);
  process.exitCode = untrue.length > 0 ? 1 : 0;
}

void run();
