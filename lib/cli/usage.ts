// The synopsis of a tool, from its declaration: `leat filter [-v] [-q] EXPR [FILE…]`.
import type { Options } from '../spec/option.js';
import type { ToolSpec } from '../spec/tool.js';

export function usage(spec: ToolSpec): string {
  const own = Object.values(spec.options as Options).filter((option) => !option.operand && !option.hidden);
  const letters = own.filter((option) => option.words === 0 && option.short !== undefined).map((option) => `[-${option.short}]`);
  const isMore = own.length > letters.length;
  return ['leat', spec.name, ...letters, ...isMore ? ['[OPTION…]'] : [], ...spec.synopsis === '' ? [] : [spec.synopsis], ...spec.files === 'any' ? ['[FILE…]'] : spec.files === 'pair' ? ['[LEFT] RIGHT'] : []].join(' ');
}
