// Regular expressions of expressions (EXACTLY-ONCE 0.14, R53). Owns: which patterns are taken. Must not: take one from data.
import { LeatError } from '../errors.js';
import { spotOf } from './syntax.js';
import type { Range } from './syntax.js';

export function compileRegex(text: string, range: Range, pattern: string, flags: string): RegExp {
  const wrong = /[^ismug]/.exec(flags)?.[0];
  if (wrong !== undefined) throw new LeatError('E_REGEX', { why: `flag '${wrong}' is not known`, help: 'flags are i, s, m and u; g is implied' }, spotOf(text, range));
  return new RegExp(pattern, flags.includes('g') ? flags : `${flags}g`);
}
