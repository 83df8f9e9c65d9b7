// Everything between a clone and something that runs: packages, the kernel's wasm, compiled TypeScript, bundles. Each step runs only when what it reads has changed.
//
//   npm run build     builds what is stale, and writes the generated files that are checked in: bin/, the bin map, man pages
//
// ensureBuilt() is the first half alone: what tests and `npm start` call. It changes nothing outside node_modules and dist.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const at = (...parts) => join(root, ...parts);

/** Builds what is stale; says on standard error what takes time. Errors: Error with a text to show. */
export async function ensureBuilt() {
  installPackages();
  const state = readState(), now = hashes();
  if (state.wasm !== now.wasm || !existsSync(at('dist/exec/kernel.wasm'))) { step('kernel.wasm', wasm); state.wasm = now.wasm; writeState(state); }
  if (state.sources !== now.sources || !existsSync(at('dist/exec/leat.js'))) {
    step('TypeScript', compile);
    await step('bundles', bundle);
    state.sources = now.sources;
    writeState(state);
  }
}

/** node_modules as the lock file says; nothing when it is so already. */
function installPackages() {
  if (isInstalled()) return;
  say('installing packages from the lock file');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci');
}

/** Compares what npm noted of the last installation with the lock file; packages for other platforms may be missing. */
function isInstalled() {
  const noted = at('node_modules/.package-lock.json');
  if (!existsSync(noted)) return false;
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages, there = JSON.parse(readFileSync(noted, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, peer }]) => path === '' || there[path]?.version === version || (there[path] === undefined && (optional === true || peer === true)));
}

function wasm() {
  mkdirSync(at('dist/exec'), { recursive: true });
  run(process.execPath, [at('lib/build/wasm.mjs'), at('dist/exec')], 'the kernel');
}

function compile() {
  for (const folder of ['dist/lib', 'dist/test']) rmSync(at(folder), { recursive: true, force: true });
  run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', root], 'TypeScript');
  copyFileSync(at('dist/exec/kernel.wasm'), at('dist/lib/kernel/kernel.wasm'));
}

/** One file that starts every tool, and a file for each part that only some calls need. */
export async function bundle(out = at('dist/exec')) {
  const esbuild = await import('esbuild');
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) if (name.endsWith('.js')) rmSync(join(out, name));
  await esbuild.build({
    entryPoints: { leat: at('lib/cli/main.ts') }, outdir: out, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20', minify: true,
    charset: 'utf8', legalComments: 'none', logLevel: 'warning', chunkNames: '[name]-[hash]', absWorkingDir: root,
    // Packages written as CommonJS ask for builtins by require().
    banner: { js: "import{createRequire as leatRequire}from'node:module';const require=leatRequire(import.meta.url);" },
  });
}

/** Files that are generated and checked in: what they must hold. Needs dist/lib. */
export async function generated() {
  const { commands } = await import(pathToFileURL(at('dist/lib/cli/tools/index.js')));
  const { manPages } = await import(pathToFileURL(at('dist/lib/cli/man.js')));
  const files = new Map(manPages().map(([name, text]) => [`man/${name}`, text]));
  for (const name of ['leat', ...commands.map((command) => command.name)]) files.set(`bin/${name}`, executable(name));
  const names = ['leat', ...commands.map((command) => command.name)].map((name) => `    "${name === 'leat' ? 'leat' : `leat-${name}`}": "bin/${name}"`);
  files.set('package.json', readFileSync(at('package.json'), 'utf8').replace(/"bin": \{[^}]*\}/, () => `"bin": {\n${names.join(',\n')}\n  }`));
  return files;
}

const executable = (name) => `#!/usr/bin/env node
import { main } from '../dist/exec/leat.js';
await main('${name}', process.argv.slice(2));
`;

async function writeGenerated() {
  const files = await generated();
  for (const [path, text] of files) {
    const file = at(path);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    say(`wrote ${path}`);
  }
  for (const path of files.keys()) if (path.startsWith('bin/') && (statSync(at(path)).mode & 0o111) !== 0o111) chmodSync(at(path), 0o755);
  for (const folder of ['bin', 'man']) for (const name of readdirSync(at(folder))) {
    if (!files.has(`${folder}/${name}`) && (folder === 'bin' || /^leat-.*\.1$/.test(name))) { rmSync(at(folder, name)); say(`removed ${folder}/${name}`); }
  }
}

/** What each step reads, as a hash of contents: a fresh clone, a copied folder and a changed file are told apart without clocks. */
function hashes() {
  const tools = [process.version, read('package-lock.json'), read('lib/build/build.mjs')];
  const kernel = digest([...tools, ...contents('lib/kernel/wasm'), read('lib/build/wasm.mjs')]);
  return { wasm: kernel, sources: digest([...tools, kernel, read('tsconfig.json'), ...contents('lib'), ...contents('test')]) };
}
const read = (path) => existsSync(at(path)) ? readFileSync(at(path)) : '';
const contents = (folder) => !existsSync(at(folder)) ? [] : readdirSync(at(folder), { recursive: true, encoding: 'utf8' }).sort().filter((name) => name.endsWith('.ts')).flatMap((name) => [name, read(join(folder, name))]);
const digest = (parts) => { const hash = createHash('sha256'); for (const part of parts) hash.update(`${part.length}:`).update(part); return hash.digest('hex'); };

const stateFile = at('dist/.built');
function readState() { try { return JSON.parse(readFileSync(stateFile, 'utf8')); } catch { return {}; } }
function writeState(state) { mkdirSync(at('dist'), { recursive: true }); writeFileSync(stateFile, JSON.stringify(state)); }

function say(text) { console.error(`build: ${text}`); }

async function step(name, work) {
  const started = performance.now();
  await work();
  say(`${name} ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function run(program, args, what) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw new Error(`build: ${what}: ${error.message}`);
  if (status !== 0) throw new Error(`build: ${what} failed with exit status ${status}`);
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  try {
    await ensureBuilt();
    await writeGenerated();
  } catch (error) { console.error(error.message); process.exitCode = 1; }
}
