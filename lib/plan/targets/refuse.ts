// What a target says where it cannot say something: E_UNSUPPORTED with reason, place and alternative (USERS M9), and E_SCHEMA where types are not known.
// Owns: those messages. Must not: decide what is refused.
import { LeatError } from '../../errors.js';
import type { Spot } from '../../errors.js';
import type { Unsupported } from './target.js';

/** Throws E_UNSUPPORTED: `flink: a window whose … cannot be said in Flink SQL`. */
export function refuse(target: string, { reason, instead }: Unsupported, spot?: Spot): never {
  throw new LeatError('E_UNSUPPORTED', { what: `${target}: ${reason}`, help: instead }, spot);
}

/** Throws E_SCHEMA. */
export function unknown(what: string, help: string, spot?: Spot): never {
  throw new LeatError('E_SCHEMA', { what, help }, spot);
}

/** A word of a stage in the text of the pipeline: the part [start, end) of it; the whole stage where the word does not stand there as it is. */
export function spotOfWord(stage: Spot | undefined, word: RegExp): Spot | undefined {
  if (stage === undefined) return undefined;
  const text = stage.text.slice(stage.start, stage.end), found = word.exec(text);
  return found === null ? stage : { ...stage, start: stage.start + found.index, end: stage.start + found.index + found[0].length };
}
