// All golden cases, in order of their names, and the writing of recorded ones.
import { readdirSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { RESULT, escape, printSections, readCase } from './case.js';
import type { Case, Section } from './case.js';
import type { Result } from './shell.js';

/** Those whose path contains LEAT_TEST_ONLY, where it is set. */
export function allCases(): Case[] {
  const only = process.env.LEAT_TEST_ONLY ?? '';
  return readdirSync('test/cases', { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.txtar') && name.includes(only)).sort()
    .map((name) => readCase(posix.join('test/cases', name), name.replace(/\.txtar$/, '')));
}

/** Rewrites what the case expects by what came; sections that hold parts of messages stay where they are right. */
export function rewrite(given: Case, got: Result, results: Readonly<Record<string, Uint8Array>>): void {
  const has = (line: string): boolean => got.stderr.split('\n').some((each) => each.includes(line));
  const keepsStderr = given.stderrHas && given.stderr.split('\n').filter((line) => line !== '').every(has);
  const golden = new Set(['stdout', 'stderr', 'exit', 'late', 'bad', ...Object.keys(results).map((name) => RESULT + name)]), made: Section[] = [];
  const section = (name: string, bytes: Uint8Array): Section => {
    const text = Buffer.from(bytes).toString(), isPlain = Buffer.from(text).equals(bytes) && !/[^\n\x20-\x7e\u00a0-\uffff]|^-- .* --$/m.test(text) && (text === '' || text.endsWith('\n'));
    return isPlain ? { name, how: '', text } : { name, how: 'escaped', text: escape(bytes) };
  };
  if (got.stdout.length > 0) made.push(section('stdout', got.stdout));
  for (const [name, bytes] of Object.entries(results)) made.push(section(given.sections.some((each) => each.name === RESULT + name) ? RESULT + name : name.replace(/\.ndjson$/, ''), bytes));
  const stderr = given.sections.find(({ name }) => name === 'stderr');
  if (keepsStderr && stderr !== undefined) made.push(stderr); else if (got.stderr !== '') made.push({ name: 'stderr', how: '', text: got.stderr });
  if (got.exit !== 0) made.push({ name: 'exit', how: '', text: `${got.exit}\n` });
  // Golden sections stand together, where the first of them stood.
  const at = given.sections.findIndex(({ name }) => golden.has(name)), others = given.sections.filter(({ name }) => !golden.has(name));
  const before = at < 0 ? others.length : given.sections.slice(0, at).filter(({ name }) => !golden.has(name)).length;
  writeFileSync(given.file, printSections(given.comment, [...others.slice(0, before), ...made, ...others.slice(before)]));
}
