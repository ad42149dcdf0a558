import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { countCalls, Detector, fitBaseline, type SeriesSet, sliceWindow, wordsFor } from '../src/index.js';
import type { Coverage } from '../src/kms/coverage.js';
import { readCloudTrail } from '../src/node/index.js';

const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const DAY = Date.UTC(2026, 5, 2);
const HOUR = 3_600_000;

/** The state that the function keeps, and the counts that it is handed. */
interface World {
  state: Uint8Array;
  counts: (since: number) => SeriesSet;
}

/** The function of docs/library.md, with S3 and the counts in its place. */
function handlerIn(world: World): () => Promise<string[]> {
  const page = readFileSync(root('docs/library.md'), 'utf8');
  const [, text = ''] = /## In a Lambda[\s\S]*?^```ts no-run\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  const code = ts
    .transpileModule(text, { compilerOptions })
    .outputText.replace(/^import .*$/gm, '')
    .replace('export async function', 'return async function');
  class PutObjectCommand {
    readonly input: { readonly Body: Uint8Array };
    constructor(input: { readonly Body: Uint8Array }) {
      this.input = input;
    }
  }
  const scope = {
    Detector,
    wordsFor,
    PutObjectCommand,
    S3Client: class {
      async send({ input }: PutObjectCommand): Promise<void> {
        world.state = input.Body;
      }
    },
    stateBytes: async () => world.state,
    countsSince: async (since: number) => world.counts(since),
  };
  return new Function(...Object.keys(scope), code)(...Object.values(scope));
}

describe('the Lambda of docs/library.md', () => {
  let set: SeriesSet;
  let fitted: Uint8Array;
  beforeAll(async () => {
    let coverage: readonly Coverage[] = [];
    const calls = readCloudTrail(root('data/logs'), {
      onCoverage: (found) => {
        coverage = found;
      },
    });
    set = await countCalls(calls, { coverage: () => coverage });
    const history = sliceWindow(set, set.grid.start, DAY);
    fitted = new Detector(fitBaseline(history, { timeZone: 'Europe/Berlin' })).toBytes();
  }, 60_000);

  it.each([
    ['every half hour', HOUR / 2],
    ['once an hour', HOUR],
    ['once a day', 24 * HOUR],
  ])(
    'run %s over the last day of the bundled logs, sends one message when each of its five incidents opens, one when it closes',
    async (_, every) => {
      const world: World = { state: fitted, counts: () => set };
      const handler = handlerIn(world);
      const messages: string[] = [];
      for (let time = DAY; time < DAY + 24 * HOUR; time += every) {
        world.counts = (since) => sliceWindow(set, Number.isNaN(since) ? DAY : since, time + every);
        messages.push(...(await handler()));
      }
      const five = [
        /GenerateDataKey on 2c3d85e6/,
        / on 1b2c74d5/,
        /Failed |Decrypt on 5f60b819/,
        /Decrypt on 0a1b63c4/,
        /DisableKey on/,
      ];
      for (const what of ['Opened', 'Closed']) {
        const found = messages.filter((message) => message.startsWith(what));
        expect(found.length).toBe(5);
        for (const one of five) expect(found.filter((message) => one.test(message)).length).toBe(1);
      }
      expect(messages.length).toBe(10);
    },
    60_000,
  );
});
