// `npm run mutants`: each mistake of table.ts is made in a copy of the compiled program, and the golden cases and a short run of generated ones must notice it. The tree is not touched.
//
//   npm run mutants                      all; prints what caught each
//   npm run mutants -- --only=session    those whose name or file contains the text
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';
import { mutants } from './table.js';
import type { Mutant } from './table.js';

const SECONDS = 400;                                       // an attempt takes a few; one that never ends is caught

interface Caught { readonly by: readonly string[] }

/** A copy of the sources and of what was compiled from them, with a package.json beside it, so that Node takes it for modules. The tree may change meanwhile. */
function copy(folder: string, n: number): string {
  const place = join(folder, String(n));
  mkdirSync(place);
  cpSync('lib', join(place, 'lib'), { recursive: true });
  cpSync('dist/lib', join(place, 'dist/lib'), { recursive: true });
  cpSync('dist/test', join(place, 'dist/test'), { recursive: true });
  cpSync('package.json', join(place, 'package.json'));
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  return place;
}

function attempt(place: string, near: Mutant['near'] | undefined): Promise<Caught> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(place, 'dist/test/mutants/attempt.js'), ...near === undefined ? [] : [near.cases, near.family]], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', said = '', isLong = false;
    const timer = setTimeout(() => { isLong = true; child.kill('SIGKILL'); }, SECONDS * 1000);
    child.stdout.on('data', (bytes: Buffer) => { out += bytes; });
    child.stderr.on('data', (bytes: Buffer) => { said += bytes; });
    child.on('close', () => {
      clearTimeout(timer);
      const line = out.trimEnd().split('\n').at(-1) ?? '';
      if (isLong) return done({ by: [`no end within ${SECONDS} s`] });
      if (!line.startsWith('{')) return done({ by: [`a crash: ${said.trim().split('\n').find((each) => /Error/.test(each)) ?? said.slice(0, 200)}`] });
      const { case: name, fuzz } = JSON.parse(line) as { case?: string; fuzz?: string };
      done({ by: [...name === undefined ? [] : [`case ${name}`], ...fuzz === undefined ? [] : [`fuzz ${fuzz}`]] });
    });
  });
}

async function main(args: readonly string[]): Promise<number> {
  const only = args.find((arg) => arg.startsWith('--only='))?.slice('--only='.length) ?? '', unknown = args.find((arg) => !arg.startsWith('--only='));
  const wanted = mutants.filter(({ name, file }) => name.includes(only) || file.includes(only));
  if (unknown !== undefined || wanted.length === 0) { console.error(`npm run mutants: ${unknown === undefined ? `no mutant is called ${only}` : `unknown option ${unknown}`}; there is --only=TEXT`); return 64; }
  const folder = mkdtempSync(join(tmpdir(), 'leat-mutants-')), started = performance.now(), width = Math.max(...wanted.map(({ name }) => name.length)), wrong: string[] = [];
  try {
    const places = Array.from({ length: Math.min(2, availableParallelism()) }, (_, n) => copy(folder, n));
    const { by: noise } = await attempt(places[0]!, undefined);                // `!`: there is at least one
    if (noise.length > 0) { console.error(`npm run mutants: without any mutant something fails already: ${noise.join(', ')}`); return 1; }
    const queue = [...wanted];
    await Promise.all(places.map(async (place) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { name, file, find, put, near } = next, source = readFileSync(join(place, file), 'utf8'), made = join(place, 'dist', file.replace(/\.ts$/, '.js')), before = readFileSync(made);
        if (source.split(find).length !== 2) { console.log(`${name.padEnd(width)}  NOT APPLIED: ${JSON.stringify(find)} stands ${source.split(find).length - 1} times in ${file}`); wrong.push(name); continue; }
        writeFileSync(made, (await transform(source.replace(find, () => put), { loader: 'ts', format: 'esm', target: 'node20' })).code);
        const { by } = await attempt(place, near);
        writeFileSync(made, before);
        console.log(`${name.padEnd(width)}  ${by.length === 0 ? 'SURVIVED' : `caught by ${by.join(' and ')}`}`);
        if (by.length === 0) wrong.push(name);
      }
    }));
  } finally { rmSync(folder, { recursive: true, force: true }); }
  console.log(`${wanted.length} mutants, ${wanted.length - wrong.length} caught, ${wrong.length} not${wrong.length === 0 ? '' : `: ${wrong.join('; ')}`}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
