import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browser, hasChromium } from './browser/chromium.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const built = existsSync(`${ROOT}dist/aws/index.js`);
if (!built) console.log('consumers.test.ts: skipped, dist is missing (npm run build makes it)');

/** What the whole pure entry point may weigh, minified and brotlied (to stay under: 150 kB): 138 kB, 11 of them for ticks, bytes and scores that take half of the time, 4 for values that are counts and for young keys. */
const WHOLE = 140_000;
/** And what somebody pays who only judges, with a detector from bytes, and says it in words: 83 kB with calendars, error codes, loops over columns, and quiet rows ahead, by law and by hour. */
const DETECTOR = 84_500;

/** Four weeks learned and a day judged, in each way to import. */
const USE = `
const start = Date.UTC(2026, 4, 4);
const day = 86400000;
const { set } = simulateCalls({ seed: 1, start, end: start + 15 * day, by: [['operation']] });
const detector = new Detector(fitBaseline(sliceWindow(set, start, start + 14 * day)));
const scores = Detector.fromBytes(detector.toBytes()).observe(sliceWindow(set, start + 14 * day, start + 15 * day));
const said = 'judged ' + scores.window.grid.length + ' buckets, ' + findAnomalies(scores).length + ' anomalies';
`;
const NAMES = '{ Detector, findAnomalies, fitBaseline, simulateCalls, sliceWindow }';
const SAID = /^judged 288 buckets, \d anomalies$/;

describe.skipIf(!built)('a project that depends on the package', () => {
  let folder = '';
  /** Writes a file of a consumer; returns its path. */
  const put = (path: string, text: string): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kms-baseline-consumers-'));
    // As npm would install it, without a network: the published files, and links to what is installed here.
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, shell: false });
    const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, 'kms-baseline'), { recursive: true });
    await run('tar', ['-xzf', join(folder, archive), '--strip-components=1', '-C', join(modules, 'kms-baseline')]);
    for (const name of ['date-fns', 'simple-statistics', '@aws-sdk', '@types']) {
      symlinkSync(`${ROOT}node_modules/${name}`, join(modules, name));
    }
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('imports it as an ES module', async () => {
    const file = put(
      'esm/index.mjs',
      `import ${NAMES} from 'kms-baseline';\nimport { readCloudTrail } from 'kms-baseline/node';\nimport { lookupKmsCalls } from 'kms-baseline/aws';\n${USE}\nif (typeof readCloudTrail === 'function' && typeof lookupKmsCalls === 'function') console.log(said);\n`,
    );
    expect((await run(process.execPath, [file])).stdout.trim()).toMatch(SAID);
  });

  it('requires it from CommonJS', async () => {
    const file = put(
      'cjs/index.cjs',
      `const ${NAMES} = require('kms-baseline');\nconst { readCloudTrail } = require('kms-baseline/node');\nconst { lookupKmsCalls } = require('kms-baseline/aws');\n${USE}\nif (typeof readCloudTrail === 'function' && typeof lookupKmsCalls === 'function') console.log(said);\n`,
    );
    expect((await run(process.execPath, [file])).stdout.trim()).toMatch(SAID);
  });

  it.each([
    ['nodenext', 'module', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['nodenext', 'commonjs', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['bundler', 'module', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ] as const)(
    'has its types with TypeScript, %s, in a package of type %s',
    { timeout: 60_000 },
    (name, type, module, moduleResolution) => {
      put(`${name}-${type}/package.json`, JSON.stringify({ type }));
      const strict = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module, moduleResolution };
      const problemsOf = (file: string, options: ts.CompilerOptions) =>
        ts
          .getPreEmitDiagnostics(ts.createProgram([file], { ...strict, ...options }))
          .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
      // The pure entry point's declarations need what browsers and Node share (AbortSignal, fetch), nothing of Node or AWS.
      const pure = put(
        `${name}-${type}/pure.ts`,
        `import ${NAMES} from 'kms-baseline';\n${USE}\nexport const text: string = said;\nexport const verdicts: Int8Array = scores.verdicts;\n`,
      );
      expect(problemsOf(pure, { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [], skipLibCheck: false })).toEqual(
        [],
      );
      const rest = put(
        `${name}-${type}/rest.ts`,
        `import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';\nimport type { KmsCall } from 'kms-baseline';\nimport { lookupKmsCalls } from 'kms-baseline/aws';\nimport { readCloudTrail } from 'kms-baseline/node';\nexport const live: AsyncIterable<KmsCall> = lookupKmsCalls(new CloudTrailClient({}), { from: new Date(0), to: new Date() });\nexport const files: AsyncIterable<KmsCall> = readCloudTrail('logs');\n// @ts-expect-error a budget is an object\nnew (await import('kms-baseline')).Detector({} as never, { alertBudget: 1 });\n`.replace(
          type === 'commonjs' ? /\/\/ @ts-expect-error[\s\S]*/ : /$^/,
          '',
        ),
      );
      const types = { types: ['node'], typeRoots: [join(folder, 'node_modules/@types')], skipLibCheck: true };
      expect(problemsOf(rest, types)).toEqual([]);
    },
  );

  const bundle = async (entry: string, options: BuildOptions): Promise<string> => {
    const { outputFiles, warnings, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
      ...options,
    });
    expect(warnings).toEqual([]);
    if (options.platform === 'browser') {
      const strangers = Object.keys(metafile?.inputs ?? {}).filter(
        (path) => !/(^|\/)(node_modules\/(kms-baseline|simple-statistics|date-fns)|sizes|page)\//.test(path),
      );
      expect(strangers).toEqual([]);
    }
    return outputFiles?.[0]?.text ?? '';
  };

  it('bundles it for a Lambda, with a client of AWS, to one file that runs by itself', {
    timeout: 60_000,
  }, async () => {
    const entry = put(
      'lambda/handler.mjs',
      `import ${NAMES} from 'kms-baseline';\nimport { fetchMetricSeries } from 'kms-baseline/aws';\nimport { CloudWatchClient } from '@aws-sdk/client-cloudwatch';\nexport async function handler() {\n${USE}\nconst client = new CloudWatchClient({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:9', maxAttempts: 1, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });\nconst failed = await fetchMetricSeries(client, { from: start, to: start + day, step: 300000, discover: true, signal: AbortSignal.timeout(2000) }).then(() => 'no', (error) => error.name);\nreturn said + '; ' + failed;\n}\n`,
    );
    const code = await bundle(entry, { platform: 'node', format: 'cjs', target: 'node20' });
    // Far from any node_modules.
    const alone = mkdtempSync(join(tmpdir(), 'kms-baseline-lambda-'));
    try {
      writeFileSync(join(alone, 'index.cjs'), `${code}\nmodule.exports.handler().then(console.log);`);
      const { stdout } = await run(process.execPath, [join(alone, 'index.cjs')], { cwd: alone });
      const [said, failed] = stdout.trim().split('; ');
      expect(said).toMatch(SAID);
      // The adapter was there and asked: the address leads nowhere.
      expect(failed).toMatch(/AwsCallError|AbortError|TimeoutError/);
    } finally {
      rmSync(alone, { recursive: true });
    }
  });

  it('bundles the pure entry point for a browser, and it is small', { timeout: 60_000 }, async () => {
    const size = async (name: string, code: string) => {
      const text = await bundle(put(`sizes/${name}.mjs`, code), {
        platform: 'browser',
        format: 'esm',
        target: 'es2022',
      });
      return brotliCompressSync(text).length;
    };
    const whole = await size('whole', `export * from 'kms-baseline';`);
    const detector = await size('detector', `export { Detector, findAnomalies, wordsFor } from 'kms-baseline';`);
    console.log(`brotlied, the pure entry point has ${whole} bytes, a detector with its words ${detector}`);
    expect(whole).toBeLessThan(WHOLE);
    expect(detector).toBeLessThan(DETECTOR);
  });

  it.skipIf(!hasChromium)('runs the pure entry point in a page', { timeout: 60_000 }, async () => {
    const entry = put('page/main.mjs', `import ${NAMES} from 'kms-baseline';\n${USE}\ndocument.title = said;\n`);
    const code = await bundle(entry, { platform: 'browser', format: 'iife', target: 'es2022' });
    const file = put('page/index.html', `<!doctype html><script>${code.replaceAll('</script', '<\\/script')}</script>`);
    const context = await (await browser()).newContext();
    const page = await context.newPage();
    const said: string[] = [];
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => said.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    expect(await page.title()).toMatch(SAID);
    expect(said).toEqual([pathToFileURL(file).href]);
    await context.close();
  });
});
