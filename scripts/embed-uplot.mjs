// Bundles the script of the HTML report (src/report/page/main.ts) with uPlot and its licence, and its style sheet, into constants
// of src/report/page.generated.ts, which git ignores: a report is one file, and the library needs nothing at run time for it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path) => readFileSync(at(path), 'utf8');
const { outputFiles } = await build({
  entryPoints: [at('src/report/page/main.ts')],
  tsconfig: at('src/report/page/tsconfig.json'),
  bundle: true,
  minify: true,
  write: false,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
});
const { version } = JSON.parse(read('node_modules/uplot/package.json'));
const licence = read('node_modules/uplot/LICENSE').trim();
// Inside a script element nothing may look like its end, or like a comment's beginning.
const script = `/*! uPlot ${version}, https://github.com/leeoniya/uPlot\n${licence}\n*/\n${outputFiles[0].text}`
  .replaceAll('</script', '<\\/script')
  .replaceAll('<!--', '<\\!--');
const style = ['node_modules/uplot/dist/uPlot.min.css', 'src/report/page/page.css']
  .map((path) => read(path).replace(/\n\s*/g, ''))
  .join('');
const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
const constants = { PAGE_SCRIPT: script, PAGE_SCRIPT_HASH: hash, PAGE_STYLE: style };
const lines = Object.entries(constants).map(
  ([name, text]) => `export const ${name}: string = ${JSON.stringify(text)};\n`,
);
writeFileSync(at('src/report/page.generated.ts'), `// Made by scripts/embed-uplot.mjs.\n${lines.join('')}`);
