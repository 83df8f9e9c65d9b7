// A graph of stages as the processes that run it: which stages share one, and which pipes join them. Owns: that division, and what follows of it (who feeds whom).
// Must not: know options, open or start anything.
import type { FileText, Line, StageText } from './shell.js';

/** What standard input or output of a part is. `shared`: that of the whole. */
export type End = { readonly kind: 'shared' } | { readonly kind: 'pipe'; readonly pipe: number } | { readonly kind: 'file'; readonly file: FileText; readonly append: boolean };

/** One process. */
export interface Part {
  /** Stages that one process of leat runs, or one other program. */
  readonly stages: readonly [StageText, ...StageText[]];
  readonly isLeat: boolean;
  readonly input: End;
  readonly output: End;
  /** Words that stand for a pipe: `<(…)` is read, `>(…)` written. */
  readonly pipes: readonly { readonly stage: number; readonly word: number; readonly pipe: number; readonly operator: '<' | '>' }[];
}

export interface Parts {
  /** From the sources to the sinks: what a part reads stands before it. */
  readonly parts: readonly Part[];
  /** Pipes are numbered from 0. */
  readonly pipes: number;
}

const shared: End = { kind: 'shared' };

/** isTool: whether leat runs the stage. isFused: neighbouring tools share a process. */
export function partsOf(graph: Line, isTool: (stage: StageText) => boolean, isFused: boolean): Parts {
  const parts: Part[] = [];
  let pipes = 0;

  function walk({ stages, input, output }: Line, from: End, to: End): void {
    let source: End = input === undefined ? from : { kind: 'file', file: input, append: false };
    for (let at = 0; at < stages.length; ) {
      const isLeat = isTool(stages[at]);
      let until = at + 1;
      while (isFused && isLeat && until < stages.length && isTool(stages[until])) until++;
      const own = stages.slice(at, until) as [StageText, ...StageText[]];   // `as`: there is at least one
      const sink: End = until < stages.length ? { kind: 'pipe', pipe: pipes++ } : output === undefined ? to : { kind: 'file', file: output, append: output.append };
      const words = own.flatMap((stage, i) => stage.parts.flatMap(({ substitution }, word) => substitution === undefined ? [] : [{ stage: i, word, pipe: pipes++, substitution }]));
      for (const { pipe, substitution: { operator, line } } of words) if (operator === '<') walk(line, shared, { kind: 'pipe', pipe });
      parts.push({ stages: own, isLeat, input: source, output: sink, pipes: words.map(({ stage, word, pipe, substitution: { operator } }) => ({ stage, word, pipe, operator })) });
      for (const { pipe, substitution: { operator, line } } of words) if (operator === '>') walk(line, { kind: 'pipe', pipe }, shared);
      source = sink;
      at = until;
    }
  }
  walk(graph, shared, shared);
  return { parts, pipes };
}

/** The pipes that a part reads, and those that it writes. */
export const readBy = ({ input, pipes }: Part): readonly number[] => [...input.kind === 'pipe' ? [input.pipe] : [], ...pipes.flatMap(({ operator, pipe }) => operator === '<' ? [pipe] : [])];
export const writtenBy = ({ output, pipes }: Part): readonly number[] => [...output.kind === 'pipe' ? [output.pipe] : [], ...pipes.flatMap(({ operator, pipe }) => operator === '>' ? [pipe] : [])];

/** Who hands a part its records directly, and to whom it hands them; by index, as in `parts`. */
export interface Feeds { readonly upstream: readonly (readonly number[])[]; readonly downstream: readonly (readonly number[])[] }
export function feedsOf({ parts }: Parts): Feeds {
  const reads = parts.map(readBy), writes = parts.map(writtenBy);
  const joined = (from: readonly number[], to: readonly (readonly number[])[]): readonly number[] => to.flatMap((pipes, i) => pipes.some((pipe) => from.includes(pipe)) ? [i] : []);
  return { upstream: reads.map((pipes) => joined(pipes, writes)), downstream: writes.map((pipes) => joined(pipes, reads)) };
}

/** All that can be reached from a part, itself not among them. */
export function reached(from: number, steps: readonly (readonly number[])[]): ReadonlySet<number> {
  const found = new Set<number>(), walk = (at: number): void => { for (const next of steps[at]) if (!found.has(next)) { found.add(next); walk(next); } };
  walk(from);
  return found;
}
