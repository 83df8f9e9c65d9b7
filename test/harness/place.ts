// A folder of its own for what a test runs, with the tools on PATH as an installed package has them: `leat` and `leat-TOOL`, no short name that would shadow a system command.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The folder of the repository's executables. */
export const bin = resolve('bin');
let linked: string | undefined;

/** A folder that holds `leat` and `leat-TOOL`, made once a process. */
export function toolFolder(): string {
  if (linked !== undefined) return linked;
  const folder = mkdtempSync(join(tmpdir(), 'leat-bin-'));
  for (const name of readdirSync(bin)) symlinkSync(join(bin, name), join(folder, name === 'leat' ? name : `leat-${name}`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return linked = folder;
}

/** The environment of a test: nothing of the caller's that could change a result or a message. */
export function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !/^(LEAT_|NODE_OPTIONS$|NODE_V8_COVERAGE$|TAP|FORCE_COLOR$|NO_COLOR$|TZ$|LC_|LANG)/.test(name)) kept[name] = value;
  }
  return { ...kept, PATH: `${toolFolder()}:${process.env.PATH ?? ''}`, LC_ALL: 'C.UTF-8', ...more };
}

/**
 * A line for bash with pipefail, as the words to spawn. The test runner gives every child a NODE_OPTIONS that loads 20 MiB of its own, which write a file at the exit, whatever fault is
 * injected: `env` takes them away. --norc: with a socket as its input, which is what Node gives it, bash takes itself for a remote shell and reads ~/.bashrc.
 */
export function bash(cmd: string, env: Readonly<Record<string, string>> = {}): readonly [string, string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', ...env.NODE_OPTIONS === undefined ? [] : [`NODE_OPTIONS=${env.NODE_OPTIONS}`], 'bash', '--norc', '-o', 'pipefail', '-c', cmd]];
}

let made: string | undefined;
/** A folder for the files that saved stages refer to, made once a process. */
export function spills(): string {
  if (made !== undefined) return made;
  const path = mkdtempSync(join(tmpdir(), 'leat-spills-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return made = path;
}

/** A new folder with these files, and how to remove it. */
export function folder(files: Readonly<Record<string, Uint8Array | string>> = {}): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'leat-test-'));
  for (const [name, bytes] of Object.entries(files)) { mkdirSync(dirname(join(path, name)), { recursive: true }); writeFileSync(join(path, name), bytes); }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
