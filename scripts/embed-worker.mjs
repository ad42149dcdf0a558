// Makes the two generated files of src/node: the record kernel, compiled from src/node/wasm/, and the worker's source, bundled from
// src/node/worker.ts. As text inside the package both work wherever the package is bundled or run from source.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { generated, workerModule } from './worker-source.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** 64 KiB pages: what src/node/wasm/layout.ts lays out. */
const PAGES = '48';

const kernel = generated('KERNEL_BYTES', 'base64 of the compiled src/node/wasm/', await kernelBytes());
writeGenerated('kernel-bytes', kernel);
writeGenerated('worker-source', await workerModule(ROOT));

async function kernelBytes() {
  let bytes;
  const { error, stdout, stderr } = await asc.main(
    // biome-ignore format: options and their values side by side
    [
      'src/node/wasm/scan.ts', '--baseDir', ROOT, '--outFile', 'kernel.wasm', '--runtime', 'stub', '--enable', 'simd', '--noAssert',
      '-O3', '--memoryBase', '4096', '--initialMemory', PAGES, '--maximumMemory', PAGES,
    ],
    {
      readFile: (name, folder) => {
        try {
          return readFileSync(`${folder}/${name}`, 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_, contents) => {
        bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error)
    throw new Error(`src/node/wasm does not compile:\n${stdout.toString()}${stderr.toString()}`, { cause: error });
  return Buffer.from(bytes).toString('base64');
}

/** Leaves a file that is as it should be untouched, so that nothing that watches it starts anew. */
function writeGenerated(file, content) {
  const path = `${ROOT}src/node/${file}.generated.ts`;
  let before;
  try {
    before = readFileSync(path, 'utf8');
  } catch {
    // The first time.
  }
  if (content !== before) writeFileSync(path, content);
}
