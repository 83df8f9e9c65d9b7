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

/**
 * What is run, in dist/exec:
 *   leat.js     the program as one function expression: command line, runtime, kernel, tools. Not a module: start.cjs compiles it with V8's code cache
 *   leat-….cache   that cache (…-job-….cache: that of threads), for the Node that built it; any other Node compiles leat.js, some 20 ms slower
 *   cold.js, …  help and completion, and packages that only some calls need: modules, loaded when they are asked for
 *   start.cjs   compiles and starts leat.js
 *   job.cjs     the same in a thread of leat run --jobs
 */
export async function bundle(out = at('dist/exec')) {
  const esbuild = await import('esbuild');
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) if (!name.endsWith('.wasm')) rmSync(join(out, name));
  const common = { bundle: true, platform: 'node', target: 'node20', minify: true, legalComments: 'none', logLevel: 'warning', absWorkingDir: root };
  const yaml = at('node_modules/yaml/browser/index.js');     // as modules; what it has for Node is CommonJS, which a module cannot hold
  const apart = { './cold.js': at('lib/cli/cold.ts'), './module.js': at('lib/cli/module.ts'), unbash: 'unbash', yaml };       // import()s of leat.js that stay import()s
  const { metafile: apartFiles } = await esbuild.build({ ...common, metafile: true, entryPoints: Object.fromEntries(Object.entries(apart).map(([name, path]) => [apartName(name), path])), outdir: out, splitting: true, alias: { yaml }, external: ['better-sqlite3', '@platformatic/kafka'], format: 'esm', outExtension: { '.js': '.mjs' } });
  const { outputFiles: [{ text }], metafile } = await esbuild.build({
    ...common, metafile: true, entryPoints: [at('lib/cli/main.ts')], format: 'cjs', write: false, define: { 'import.meta.url': 'leatUrl' },
    plugins: [{ name: 'apart', setup(build) {
      build.onResolve({ filter: /^(?:better-sqlite3|@platformatic\/kafka)$/ }, ({ path }) => ({ path, external: true }));   // one has a compiled part, which no bundle can hold; the other is there only for those who want it
      build.onResolve({ filter: /./ }, ({ path, kind }) => kind === 'dynamic-import' && Object.hasOwn(apart, path) ? { path: `./${apartName(path)}.mjs`, external: true } : undefined);
    } }],
  });
  const program = `(function(exports,require,module,leatUrl,leatImport){${text.replaceAll('import("', 'leatImport("')}\n})`;
  const odd = /[^\0-\xff]/.exec(program);                    // read back as Latin-1, which V8 takes as it is
  if (odd !== null) throw new Error(`build: ${JSON.stringify(odd[0])} must be escaped, near ${program.slice(Math.max(0, odd.index - 60), odd.index)}`);
  const cache = `leat-${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
  writeFileSync(join(out, 'leat.js'), program, 'latin1');
  writeFileSync(join(out, 'start.cjs'), starter(cache));
  writeFileSync(join(out, 'job.cjs'), threadProgram);
  writeFileSync(join(out, 'LICENSES.txt'), licenses([metafile, apartFiles]));
  run(process.execPath, [at('lib/build/warm.cjs'), out, cache], 'the code cache');
  run(process.execPath, [threadFlags, at('lib/build/warm.cjs'), out, `${cache}-job`], 'the code cache of threads');
}

/** Licences of the packages that the bundles hold. Errors: Error where one has none. */
function licenses(metafiles) {
  const folders = new Set(metafiles.flatMap(({ inputs }) => Object.keys(inputs)).flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(read(join(folder, 'package.json'))), file = readdirSync(at(folder)).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`build: ${name} has no licence`);
    return `${name} ${version} (${license})\n\n${String(read(join(folder, file))).trim()}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

const apartName = (path) => path.replace(/^\.\//, '').replace(/\.js$/, '');

const starter = (cache) => `'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');
const file = join(__dirname, 'leat.js');
const load = (kind) => {
  let cachedData;
  try { cachedData = readFileSync(join(__dirname, \`${cache}\${kind}-\${process.version}-\${process.arch}.cache\`)); } catch {}
  const program = exports.program = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData });
  const leat = { exports: {} };
  program.runInThisContext()(leat.exports, require, leat, pathToFileURL(file).href, (name) => import(name));
  return leat.exports;
};
let loaded;
exports.main = (name, argv) => (loaded ??= load('')).main(name, argv);
exports.job = (desk) => (loaded ??= load('-job')).job(desk);
`;

/** V8's cache is good only for the flags that made it: those that lib/cli/team.ts sets before it starts a thread. */
const threadFlags = /'(--[a-z-]+=\d+)'/.exec(readFileSync(at('lib/cli/team.ts'), 'utf8'))[1];

/** A thread of leat run --jobs. */
const threadProgram = `'use strict';
require('./start.cjs').job(require('node:worker_threads').workerData);
`;

/** Files that are generated and checked in: what they must hold. Needs dist/lib. */
export async function generated() {
  const { commands } = await import(pathToFileURL(at('dist/lib/cli/tools/index.js')));
  const { manPages } = await import(pathToFileURL(at('dist/lib/cli/man.js')));
  const files = new Map(manPages().map(([name, text]) => [`man/${name}`, text]));
  for (const name of ['leat', ...commands.map((command) => command.name)]) files.set(`bin/${name}`, executable(name));
  files.set('bin/package.json', '{ "type": "commonjs" }\n');      // the executables have no suffix; as CommonJS they start 3 ms sooner
  const names = ['leat', ...commands.map((command) => command.name)].map((name) => `    "${name === 'leat' ? 'leat' : `leat-${name}`}": "bin/${name}"`);
  files.set('package.json', readFileSync(at('package.json'), 'utf8').replace(/"bin": \{[^}]*\}/, () => `"bin": {\n${names.join(',\n')}\n  }`));
  return files;
}

const executable = (name) => `#!/usr/bin/env node
'use strict';
require('../dist/exec/start.cjs').main('${name}', process.argv.slice(2));
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
  for (const path of files.keys()) if (path.startsWith('bin/') && !path.endsWith('.json') && (statSync(at(path)).mode & 0o111) !== 0o111) chmodSync(at(path), 0o755);
  for (const folder of ['bin', 'man']) for (const name of readdirSync(at(folder))) {
    if (!files.has(`${folder}/${name}`) && (folder === 'bin' || /^leat-.*\.1$/.test(name))) { rmSync(at(folder, name)); say(`removed ${folder}/${name}`); }
  }
}

/** What each step reads, as a hash of contents: a fresh clone, a copied folder and a changed file are told apart without clocks. */
function hashes() {
  const tools = [process.version, read('package-lock.json'), read('lib/build/build.mjs')];
  const kernel = digest([...tools, ...contents('lib/kernel/wasm'), read('lib/build/wasm.mjs')]);
  return { wasm: kernel, sources: digest([...tools, kernel, read('tsconfig.json'), ...contents('lib'), ...contents('test'), read('lib/build/warm.cjs')]) };
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
