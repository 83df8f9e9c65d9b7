// The text of a pipeline, as people write it in a shell, to its graph: stages with their words, what is piped into them through <( ) and out of them through >( ), and redirections.
// Owns: what of shell may occur. Must not: know tools or options. Positions are UTF-16 units of the whole text.
import type { Command, ParsedScript, Word, WordPart } from 'unbash';
import { LeatError } from '../errors.js';

/** Stages joined by pipes, and the files that the shell would open for the first and the last. */
export interface Line {
  readonly stages: readonly StageText[];
  readonly input?: FileText;
  readonly output?: FileText & { readonly append: boolean };
  readonly start: number;
  readonly end: number;
}
export interface FileText { readonly path: string; readonly start: number; readonly end: number }

export interface StageText {
  /** `filter`, also where the text says `leat filter`, `leat-filter` or a path to it. */
  readonly name: string;
  /** The program as it is written: with a path in front, it may be another one of that name. */
  readonly program: string;
  /** The words behind it; a substitution stands in them as its text, `<(from a.csv)`. */
  readonly words: readonly string[];
  /** Each word's place, and the pipeline in it where it is a substitution. */
  readonly parts: readonly WordText[];
  readonly start: number;
  readonly end: number;
}
export interface WordText { readonly start: number; readonly end: number; readonly substitution?: { readonly operator: '<' | '>'; readonly line: Line } }

type Place = { readonly pos: number; readonly end: number };
const example = "window 1m | agg 'count() as n by host'";

/** One pipeline with its substitutions and redirections. Errors: E_USAGE with the spot. */
export async function parseGraph(text: string): Promise<Line> {
  const { parse } = await import('unbash'), script = parse(text);
  const refuse = (what: string, help: string, { pos, end }: Place): never => { throw new LeatError('E_USAGE', { what, help }, { text, start: pos, end }); };
  return lineOf(script, { pos: 0, end: text.length });

  function lineOf({ commands: statements, errors }: ParsedScript, place: Place): Line {
    const [error] = errors ?? [];
    if (error !== undefined) refuse(`bad pipeline: ${error.message}`, example, { pos: error.pos, end: error.pos + 1 });
    const [statement, other] = statements;
    if (statement === undefined) refuse('the pipeline is empty', example, place);
    if (other !== undefined) refuse('a second command begins here; one pipeline is run at a time', 'put | between the stages; a line may end with |', other);
    if (statement.background) refuse('& is not for leat run', 'leat run … &', { pos: statement.end - 1, end: statement.end });
    const { command } = statement, commands = command.type === 'Pipeline' ? command.commands : [command];
    if (command.type === 'Pipeline') {
      for (const prefix of command.prefixes) refuse(`${text.slice(prefix.pos, prefix.end)} is not for leat run`, 'only programs, parted by |', prefix);
      for (const [i, operator] of command.operators.entries()) if (operator !== '|') refuse(`${operator} cannot join stages`, 'only | can', { pos: commands[i].end, end: commands[i + 1].pos });
    }
    const programs = commands.map((each): Command => each.type === 'Command' ? each : refuse('this is more shell than a pipeline', 'only programs, parted by |', each)), { input, output } = redirected(programs);
    return { stages: programs.map(stage), ...input === undefined ? {} : { input }, ...output === undefined ? {} : { output },
      start: commands[0].pos, end: commands[commands.length - 1].end };
  }

  /** `< FILE` of the first command, `> FILE` and `>> FILE` of the last. */
  function redirected(commands: readonly Command[]): Pick<Line, 'input' | 'output'> {
    let input: Line['input'], output: Line['output'];
    for (const [i, command] of commands.entries()) for (const part of command.redirects) {
      const said = text.slice(part.pos, part.end), help = 'of redirections, < FILE of the first program and > FILE or >> FILE of the last';
      if (part.type !== 'Redirect' || part.descriptor !== undefined || part.target === undefined) { refuse(`${said} is not for leat run`, help, part); continue; }
      const file = { path: word(part.target), start: part.target.pos, end: part.target.end };
      if (part.operator === '<' && i === 0) input = file;
      else if ((part.operator === '>' || part.operator === '>>') && i === commands.length - 1) output = { ...file, append: part.operator === '>>' };
      else refuse(`${said} is not for leat run${part.operator === '<' || part.operator === '>' || part.operator === '>>' ? ' in the middle of a pipeline' : ''}`, help, part);
    }
    return { ...input === undefined ? {} : { input }, ...output === undefined ? {} : { output } };
  }

  function stage({ name, prefix, suffix, pos, end }: Command): StageText {
    for (const part of prefix) if (part.type !== 'Redirect' && part.type !== 'HereString' && part.type !== 'HereDoc') refuse(`${text.slice(part.pos, part.end)} is more shell than a pipeline`, 'variables stand before the command: NAME=VALUE leat run …', part);
    const words: string[] = [], parts: WordText[] = [];
    for (const part of [...name === undefined ? [] : [name], ...suffix]) {
      if (part.type === 'Word') { words.push(isSubstitution(part) ? part.text : word(part)); parts.push(placed(part)); }
      else if (part.type === 'Assignment') { words.push(word({ ...part, type: 'Word', text: part.text, value: part.text, parts: undefined })); parts.push({ start: part.pos, end: part.end }); }
    }
    const [first = ''] = words, base = first.slice(first.lastIndexOf('/') + 1), isDriver = base === 'leat' && words.length > 1;
    return { name: isDriver ? words[1] : base.replace(/^leat-/, ''), program: first, words: words.slice(isDriver ? 2 : 1), parts: parts.slice(isDriver ? 2 : 1), start: pos, end };
  }

  function placed(given: Word): WordText {
    const part = isSubstitution(given) ? given.parts![0] : undefined;   // `!`: it is one
    if (part?.type !== 'ProcessSubstitution') return { start: given.pos, end: given.end };
    const line = lineOf(part.script ?? parse(''), part);
    return { start: given.pos, end: given.end, substitution: { operator: part.operator, line } };
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

const isSubstitution = ({ parts }: Word): boolean => parts?.length === 1 && parts[0].type === 'ProcessSubstitution';

/** The stages of a pipeline of leat tools alone, as one process runs it. Errors: E_USAGE with the spot. */
export async function parsePipeline(text: string): Promise<readonly StageText[]> {
  const { stages, input, output } = await parseGraph(text);
  const refuse = (what: string, help: string, { start, end }: { start: number; end: number }): never => { throw new LeatError('E_USAGE', { what, help }, { text, start, end }); };
  const file = input ?? output;
  if (file !== undefined) refuse(`${file === input ? '<' : output!.append ? '>>' : '>'} ${file.path} would be a redirection`, 'FILE operands are input, the shell redirects the output: leat run … > out.ndjson', file);   // `!`: else it is the input
  for (const { parts } of stages) for (const part of parts) if (part.substitution !== undefined) refuse(`${text.slice(part.start, part.end)} is not expanded here`, 'a real pipe has such things', part);
  return stages;
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
