// Paths to fields: `user.country`, `tags[0]`, `["odd key"]`. A step is a key (string) or an index into an array (whole number from 0).

/** Steps from the record down; [] is the whole record. */
export type Path = readonly (string | number)[];

const identifier = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;
/** Words that cannot begin an expression as fields: `_.class` is the field. So it is with `$name`, which is an argument there. */
const reserved = new Set(('break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch '
  + 'this throw true try typeof var void while with').split(' '));

/** The text of a path as a user writes it; `_` is the whole record. Inverse of parsing. */
export function pathText(path: Path): string {
  if (path.length === 0) return '_';
  return path.map((step, i) => typeof step === 'number' ? `[${step}]`
    : identifier.test(step) && !(i === 0 && step === '_') ? (i ? '.' : reserved.has(step) || step[0] === '$' ? '_.' : '') + step
    : `${i === 0 ? '_' : ''}[${JSON.stringify(step)}]`).join('');
}

export const samePath = (a: Path, b: Path): boolean => a.length === b.length && a.every((step, i) => step === b[i]);
/** Whether `whole` begins with `part` (or is equal to it). */
export const startsWith = (whole: Path, part: Path): boolean => part.length <= whole.length && part.every((step, i) => step === whole[i]);
