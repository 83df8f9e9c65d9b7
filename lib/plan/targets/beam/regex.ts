// Patterns for Python's re: classes by code points, edges written out, groups as they are. Owns: that text, and which patterns match otherwise there.
import type { Pattern, Points, Tree } from '../../../expr/regex.js';
import { text } from './python.js';

const lineEnds = '\\n\\r\\u2028\\u2029';

/** A compiled pattern in Python. `refuse` is told why a pattern cannot be said. */
export function regexText({ tree, isMultiline }: Pattern, refuse: (why: string) => never): string {
  return `re.compile(${text(write(tree, isMultiline, refuse))}, re.A)`;
}

const code = (point: number): string => (point >= 48 && point <= 57) || (point >= 65 && point <= 90) || (point >= 97 && point <= 122) ? String.fromCharCode(point)
  : point < 0x10000 ? `\\u${point.toString(16).padStart(4, '0')}` : `\\U${point.toString(16).padStart(8, '0')}`;
const isPlain = (point: number): boolean => /[\w /:;,"'<>=@%&!~`-]/.test(String.fromCharCode(point)) && point < 127;

/** A class; half of a surrogate pair is matched by nothing. */
function set(points: Points): string {
  const parts = points.flatMap(([from, to]): [number, number][] => to < 0xd800 || from > 0xdfff ? [[from, to]] : [...from < 0xd800 ? [[from, 0xd7ff] as [number, number]] : [], ...to > 0xdfff ? [[0xe000, to] as [number, number]] : []]);
  if (parts.length === 1 && parts[0][0] === parts[0][1]) return isPlain(parts[0][0]) ? String.fromCharCode(parts[0][0]) : code(parts[0][0]);
  return parts.length === 0 ? '(?!)' : `[${parts.map(([from, to]) => from === to ? code(from) : `${code(from)}-${code(to)}`).join('')}]`;
}

function write(tree: Tree, isMultiline: boolean, refuse: (why: string) => never): string {
  const of = (part: Tree): string => write(part, isMultiline, refuse);
  switch (tree.kind) {
    case 'set': return set(tree.points);
    case 'edge':
      if (tree.text === '^') return isMultiline ? `(?:\\A|(?<=[${lineEnds}]))` : '\\A';
      if (tree.text === '$') return isMultiline ? `(?=[${lineEnds}]|\\Z)` : '\\Z';
      // Python 3.14 has no edge in "", older ones neither for \B.
      return tree.text === '\\b' ? '\\b' : '(?!\\b)';
    case 'all': return tree.parts.map((part) => part.kind === 'any' ? `(?:${of(part)})` : of(part)).join('');
    case 'any': return tree.parts.map(of).join('|');
    case 'group': {
      const name = /^\(\?<(.*)>$/.exec(tree.open)?.[1];
      if (name !== undefined && !/^[A-Za-z_]\w*$/.test(name)) refuse(`a group called ${name}`);
      return `(${name === undefined ? '' : `?P<${name}>`}${of(tree.of)})`;
    }
    case 'repeat': {
      const { min, max, lazy } = tree, count = max === Infinity ? min === 0 ? '*' : min === 1 ? '+' : `{${min},}` : min === 0 && max === 1 ? '?' : min === max ? `{${min}}` : `{${min},${max}}`;
      // JavaScript forgets a group at each round, and takes no empty round: where that shows, the group is not the same.
      if (groups(tree.of) && (isEmpty(tree.of) || (max > 1 && isOptional(tree.of)))) refuse('a group in a repeat that may pass it by');
      return `(?:${of(tree.of)})${count}${lazy ? '?' : ''}`;
    }
  }
}

const below = (tree: Tree): readonly Tree[] => tree.kind === 'all' || tree.kind === 'any' ? tree.parts : tree.kind === 'group' || tree.kind === 'repeat' ? [tree.of] : [];
const groups = (tree: Tree): boolean => tree.kind === 'group' || below(tree).some(groups);
/** Whether it may match nothing. */
const isEmpty = (tree: Tree): boolean => tree.kind === 'edge' || (tree.kind === 'all' ? tree.parts.every(isEmpty) : tree.kind === 'any' ? tree.parts.some(isEmpty) : tree.kind === 'group' ? isEmpty(tree.of)
  : tree.kind === 'repeat' && (tree.min === 0 || isEmpty(tree.of)));
/** Whether a group in it may take no part in a match. */
const isOptional = (tree: Tree): boolean => ((tree.kind === 'any' || (tree.kind === 'repeat' && tree.min === 0)) && groups(tree)) || below(tree).some(isOptional);
