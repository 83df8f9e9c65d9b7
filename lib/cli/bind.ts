// `--bind FILE` of run and of what plans a pipeline: stages of a text to the stages that are run. It knows the declarations of the tools, plan/bound.ts what stands in place of a name.
import { existsSync } from 'node:fs';
import { LeatError } from '../errors.js';
import { formats } from '../operators/from.js';
import { readBindings } from '../plan/bindings.js';
import { Binder } from '../plan/bound.js';
import type { BoundStage, Command } from '../plan/bound.js';
import type { Line, StageText } from '../plan/shell.js';
import { load } from './load.js';
import { parseCall, spelled } from './parse.js';

export interface BoundText extends StageText, Omit<BoundStage, 'name' | 'words'> {}

/** What --bind says, read and checked. Errors: Failure around E_BINDING with its place, E_FILE, E_PERMISSION. */
export const openBinder = async (file: string, tool = 'run'): Promise<Binder> => new Binder(await readBindings(file, tool), existsSync);

/** One stage of a text to those in its place, most often one. isFirst, isLast: of its pipeline; `more`: operands behind the text, which the first stage reads. A stage that the shell gives a file (< FILE, > FILE) is not first, or not last. Errors: E_BINDING with the word or the stage as its spot. */
export async function bindStage(binder: Binder, stage: StageText, text: string, isFirst: boolean, isLast: boolean, more: readonly string[] = []): Promise<readonly BoundText[]> {
  const { name, start, end } = stage, words = isFirst ? [...stage.words, ...more] : stage.words;
  if (!Object.hasOwn(load, name)) return [{ ...stage, words }];
  const spec = await load[name](), { operands, options } = spelled(spec, words);
  const own = isFirst && more.length > 0 ? spelled(spec, stage.words).operands.map((at) => stage.words[at]) : [], named = name === 'from' && (formats as readonly string[]).includes(own[0]) && !binder.hasInput(own[0]) ? own[1] : own[0];
  if (name === 'from' && named !== undefined) throw new LeatError('E_USAGE', { what: `FILE operands stand in the pipeline (${named}) and behind it (${more[0]})`, help: 'one of the two' }, { text, start, end });
  let files = 0;
  if (name !== 'from' && name !== 'to' && spec.reads === undefined) {
    // How many of the operands are FILEs is known when the call is understood; what is wrong with it is told later, with everything else.
    try { files = parseCall(spec, words, process.env, (word) => binder.hasInput(word)).files.length; } catch { return [{ ...stage, words }]; }
  }
  if (files > more.length && isFirst && more.length > 0) throw new LeatError('E_USAGE', { what: `FILE operands stand in the pipeline and behind it (${more[0]})`, help: 'one of the two' }, { text, start, end });
  const given = { name, words, operands, options, files, hasRight: spec.files === 'pair' && operands.length > 0, isFirst: isFirst && spec.reads === undefined, isLast, spot: { text, start, end }, spotOf: (at: number) => stage.parts[at] && { text, start: stage.parts[at].start, end: stage.parts[at].end } };
  const place = { start, end }, parts = new Map(stage.words.map((word, at) => [word, stage.parts[at]]));
  const lineOf = (command: Command): Line => ({ ...place, stages: [{ ...command, program: command.name, parts: command.words.map(() => place), ...place }] });
  return binder.stage(given).map((each) => {
    const last = each.words.length - 1, said = each.right === undefined ? each.words : each.words.with(last, `<(${[each.right.name, ...each.right.words].join(' ')})`);
    return { ...each, ...place, program: each.name === name ? stage.program : each.name, words: said, parts: said.map((word, at) => at === last && each.right !== undefined ? { ...place, substitution: { operator: '<', line: lineOf(each.right) } } : parts.get(word) ?? place) };
  });
}
