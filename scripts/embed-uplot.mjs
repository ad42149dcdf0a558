// Bundles the script of the HTML report (page/main.ts) with uPlot and its licence, and its style sheet, into constants of
// src/report/page.generated.ts, which git ignores: a report is one file, and the library needs nothing at run time for it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const bundle = await rolldown({ input: at('page/main.ts'), platform: 'browser', tsconfig: at('page/tsconfig.json') });
const { output } = await bundle.generate({ format: 'iife', minify: true });
await bundle.close();
const licence = readFileSync(at('node_modules/uplot/LICENSE'), 'utf8').trim();
// Inside a script element nothing may look like its end, or like a comment's beginning.
const script = `/*! uPlot 1.6.32, https://github.com/leeoniya/uPlot\n${licence}\n*/\n${output[0].code}`
  .replaceAll('</script', '<\\/script')
  .replaceAll('<!--', '<\\!--');
const style = [at('node_modules/uplot/dist/uPlot.min.css'), at('page/page.css')]
  .map((path) => readFileSync(path, 'utf8').replace(/\n\s*/g, ''))
  .join('');
const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
const constants = { PAGE_SCRIPT: script, PAGE_SCRIPT_HASH: hash, PAGE_STYLE: style };
const lines = Object.entries(constants).map(
  ([name, text]) => `export const ${name}: string = ${JSON.stringify(text)};\n`,
);
writeFileSync(at('src/report/page.generated.ts'), `// Made by scripts/embed-uplot.mjs.\n${lines.join('')}`);
