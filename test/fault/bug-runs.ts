// `npm run fault -- --bugs`: each mistake of bugs.ts is made in a copy of the sources, which is bundled anew, and families of faults run on that copy until they notice it. The tree is
// not touched.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bugs } from './bugs.js';
import type { Bug } from './bugs.js';

const SECONDS = 300;

/** A copy of the sources and of what was compiled from them. The tree may change meanwhile. */
function copy(folder: string, n: number): string {
  const place = join(folder, String(n));
  mkdirSync(place);
  for (const part of ['lib', 'bin', 'dist/lib', 'dist/test', 'dist/exec', 'test/fault', 'package.json', 'tsconfig.json', 'package-lock.json']) cpSync(part, join(place, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  return place;
}

function node(place: string, args: readonly string[]): Promise<{ readonly out: string; readonly err: string; readonly exit: number; readonly isLong: boolean }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: place, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let out = '', err = '', isLong = false;
    const timer = setTimeout(() => { isLong = true; process.kill(-child.pid!, 'SIGKILL'); }, SECONDS * 1000);   // `!`: node is there, and runs this
    child.stdout.on('data', (bytes: Buffer) => { out += bytes; });
    child.stderr.on('data', (bytes: Buffer) => { err += bytes; });
    child.on('close', (exit) => { clearTimeout(timer); done({ out, err, exit: exit ?? -1, isLong }); });
  });
}
const bundle = async (place: string): Promise<string> => { const { exit, err } = await node(place, ['--input-type=module', '-e', "const { bundle } = await import('./lib/build/build.mjs'); await bundle();"]); return exit === 0 ? '' : err; };

/** What notices it, in words; undefined: nothing does. */
async function caught(place: string, { by }: Pick<Bug, 'by'>, seed: number): Promise<string | undefined> {
  for (const { family, task = '', rounds } of by) {
    const { out, err, isLong } = await node(place, ['dist/test/fault/attempt.js', family, task, String(rounds ?? ''), String(seed)]);
    if (isLong) return `${family}: no end within ${SECONDS} s`;
    const found = JSON.parse(out.trimEnd().split('\n').at(-1) || '{}') as { task?: string; wrong?: string; injected?: number; skipped?: string };
    if (found.skipped !== undefined) throw new Error(`${family} cannot run here: ${found.skipped}`);
    if (found.wrong !== undefined) return `${family}, ${found.task}, after ${found.injected} faults: ${found.wrong}`;
    if (out === '') throw new Error(`${family}: ${err}`);
  }
  return undefined;
}

/** Exit status. Options: seed; part of a bug's name, or its number. */
export async function bugRuns(seed: number, only: string): Promise<number> {
  const wanted = bugs.filter(({ name, number }) => only === '' || name.includes(only) || String(number) === only), started = performance.now(), wrong: string[] = [];
  if (wanted.length === 0) { console.error(`npm run fault: no bug is called ${only}`); return 64; }
  const folder = mkdtempSync(join(tmpdir(), 'leat-bugs-'));
  console.log(`seed ${seed}`);
  try {
    const places = Array.from({ length: Math.min(2, availableParallelism(), wanted.length) }, (_, n) => copy(folder, n)), queue = [...wanted];
    await Promise.all(places.map(async (place) => {
      for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
        const { number, name, edits } = bug, title = `${number === 0 ? ' -' : String(number).padStart(2)} ${name}`, before = new Map<string, string>(), began = performance.now();
        let fault: string | undefined;
        for (const { file, find, put } of edits) {
          const path = join(place, file), text = readFileSync(path, 'utf8');
          if (!before.has(path)) before.set(path, text);
          if (text.split(find).length !== 2) fault = `NOT APPLIED: ${JSON.stringify(find)} stands ${text.split(find).length - 1} times in ${file}`;
          writeFileSync(path, text.replace(find, () => put));
        }
        fault ??= await bundle(place) || undefined;
        const found = fault === undefined ? await caught(place, bug, seed).catch((error: unknown) => { fault = String(error); return undefined; }) : undefined;
        for (const [path, text] of before) writeFileSync(path, text);
        console.log(`${title.padEnd(70)} ${fault ?? (found === undefined ? 'SURVIVED' : `caught by ${found.split('\n')[0]!.slice(0, 300)}`)} (${((performance.now() - began) / 1000).toFixed(0)} s)`);   // `!`: there is a first line
        if (found === undefined) wrong.push(name);
      }
    }));
  } finally { rmSync(folder, { recursive: true, force: true }); }
  console.log(`${wanted.length} bugs, ${wanted.length - wrong.length} caught, ${wrong.length} not${wrong.length === 0 ? '' : `: ${wrong.join('; ')}`}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return wrong.length === 0 ? 0 : 1;
}
