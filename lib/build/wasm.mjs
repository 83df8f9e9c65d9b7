// Compiles the kernel's AssemblyScript: `node lib/build/wasm.mjs OUTDIR` writes OUTDIR/kernel.wasm. Must not know what else is built.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const asc = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin', 'asc.js');
const out = process.argv[2];
if (out === undefined) {
  process.stderr.write('usage: node lib/build/wasm.mjs OUTDIR\n');
  process.exit(64);
}
mkdirSync(out, { recursive: true });
// One memory for all scanners and key tables of a process, shared so that growing it leaves the views of others as they are (kernel/instance.ts).
const { status, error } = spawnSync(process.execPath, [asc, 'lib/kernel/wasm/kernel.ts', '-o', join(resolve(out), 'kernel.wasm'),
  '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads', '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--use', 'abort=', '--disableWarning', '201'],
{ cwd: root, stdio: 'inherit' });
if (error) throw error;
process.exitCode = status ?? 1;
