// The text of a pipeline, as people write it in a shell, to the words of its stages. Of shell: words, quotes, `|`, line breaks after `|`, comments.
// Owns: what of shell may occur. Must not: know tools or options. Positions are UTF-16 units of the text.
import type { Command, Word, WordPart } from 'unbash';
import { LeatError } from '../errors.js';

export interface StageText {
  /** `filter`, also where the text says `leat filter`, `leat-filter` or a path to it. */
  readonly name: string;
  readonly words: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Errors: E_USAGE with the spot. */
export async function parsePipeline(text: string): Promise<readonly StageText[]> {
  const { parse } = await import('unbash');
  const script = parse(text);
  const refuse = (what: string, help: string, { pos, end }: { readonly pos: number; readonly end: number }): never => {
    throw new LeatError('E_USAGE', { what, help }, { text, start: pos, end });
  };
  const [error] = script.errors ?? [];
  if (error !== undefined) refuse(`bad pipeline: ${error.message}`, "window 1m | agg 'count() as n by host'", { pos: error.pos, end: error.pos + 1 });
  const [statement, other] = script.commands;
  if (statement === undefined) refuse('the pipeline is empty', "window 1m | agg 'count() as n by host'", { pos: 0, end: text.length });
  if (other !== undefined) refuse('a second command begins here; one pipeline is run at a time', 'put | between the stages; a line may end with |', other);
  if (statement.background) refuse('& is not for leat run', 'leat run … &', { pos: statement.end - 1, end: statement.end });
  const { command } = statement;
  const commands = command.type === 'Pipeline' ? command.commands : [command];
  if (command.type === 'Pipeline') {
    for (const prefix of command.prefixes) refuse(`${text.slice(prefix.pos, prefix.end)} is not for leat run`, 'only leat tools, parted by |', prefix);
    for (const [i, operator] of command.operators.entries()) {
      if (operator !== '|') refuse(`${operator} cannot join stages`, 'only | can', { pos: command.commands[i].end, end: command.commands[i + 1].pos });
    }
  }
  return commands.map((each) => each.type === 'Command' ? stage(each) : refuse('this is more shell than a pipeline', 'only leat tools, parted by |', each));

  function stage({ name, prefix, suffix, pos, end }: Command): StageText {
    for (const part of prefix) refuse(`${text.slice(part.pos, part.end)} is more shell than a pipeline`, 'variables stand before the command: NAME=VALUE leat run …', part);
    const words: string[] = [];
    for (const part of [...name === undefined ? [] : [name], ...suffix]) {
      if (part.type === 'Word') words.push(word(part));
      else if (part.type === 'Assignment') words.push(word({ ...part, type: 'Word', text: part.text, value: part.text, parts: undefined }));
      else refuse(`${text.slice(part.pos, part.end)} would be a redirection`, 'FILE operands are input, the shell redirects the output: leat run … > out.ndjson', part);
    }
    const [first = ''] = words, base = first.slice(first.lastIndexOf('/') + 1);
    if (base === 'leat' && words.length > 1) return { name: words[1], words: words.slice(2), start: pos, end };
    return { name: base.replace(/^leat-/, ''), words: words.slice(1), start: pos, end };
  }

  function word(given: Word): string {
    if (given.text.startsWith('~')) refuse('~ is not expanded here', 'write the whole path', given);
    for (const part of given.parts ?? []) literal(part);
    return given.value;
  }

  function literal(part: WordPart): void {
    switch (part.type) {
      case 'Literal': case 'SingleQuoted': case 'AnsiCQuoted': return;
      case 'DoubleQuoted': for (const child of part.parts) literal(child); return;
      case 'Glob': case 'ExtendedGlob': case 'BraceExpansion': refuse(`${part.text} is not expanded here`, `quote it: '${part.text}'`, part); break;
      default: refuse(`${part.text} is not expanded here`, "single quotes keep a $ as it is: 'user == $who'; --arg NAME VALUE binds one", part);
    }
  }
}

/** A program of a pipeline as a shell would run it, and where its output goes. */
export interface Program { readonly name: string; readonly words: readonly string[]; readonly redirect: '>' | '>>' | undefined; /** Not a program of the system that has the name of a tool. */ readonly isOurs: boolean }

/** The programs of one pipeline, whatever they are; undefined: the text is more or other than that. Nothing is expanded. */
export async function programsOf(text: string): Promise<readonly Program[] | undefined> {
  const { parse } = await import('unbash'), script = parse(text), [statement, other] = script.commands;
  if ((script.errors ?? []).length > 0 || statement === undefined || other !== undefined) return undefined;
  const { command } = statement, commands = command.type === 'Pipeline' ? command.commands : [command], programs: Program[] = [];
  for (const each of commands) {
    if (each.type !== 'Command') return undefined;
    const words = [...each.name === undefined ? [] : [each.name.value], ...each.args.map((arg) => arg.type === 'Word' ? arg.value : arg.text)], [first = ''] = words, base = first.slice(first.lastIndexOf('/') + 1);
    const redirect = each.redirects.map(({ operator }) => operator).find((operator) => operator === '>' || operator === '>>');
    const isOurs = base.startsWith('leat-');
    programs.push(base === 'leat' && words.length > 1 ? { name: words[1], words: words.slice(2), redirect, isOurs: true } : { name: base.replace(/^leat-/, ''), words: words.slice(1), redirect, isOurs });
  }
  const isSaid = programs.some(({ isOurs }) => isOurs);    // then a bare cat, sort or join is the system's
  return programs.map((program) => ({ ...program, isOurs: program.isOurs || !isSaid }));
}
