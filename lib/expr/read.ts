// Text → acorn's tree → Syntax, by a whitelist (SEMANTICS 2; EXACTLY-ONCE 9, R50). Owns: what may be said, and the messages for what may not.
// Must not: run anything. The only file that imports acorn.
import { Parser } from 'acorn';
import type { Expression as Ast, Options, Pattern as Target, PrivateIdentifier, Property, SpreadElement, Super } from 'acorn';
import { LeatError } from '../errors.js';
import type { Path } from '../record/path.js';
import { checkCall, unknownFunction, unknownMethod } from './call-check.js';
import { compileRegex } from './regex.js';
import type { Pattern } from './regex.js';
import { depthMax, fault, spotOf } from './syntax.js';
import type { ArithmeticOperator, CompareOperator, Range, Syntax } from './syntax.js';

type Tree = Ast | SpreadElement | Super | PrivateIdentifier | Target;

// parseMaybeAssign is what acorn's plugins call: one expression without the comma operator, so that a list can be read item by item.
interface OneExpression { nextToken(): void; parseMaybeAssign(): Ast }
class Reader extends Parser {
  static one(text: string, at: number, options: Options): Ast {
    const parser = new this(options, text, at) as unknown as OneExpression;
    parser.nextToken();
    return parser.parseMaybeAssign();
  }
}

/** One expression that begins at `at`, and where it ends: at a comma, a closing bracket, `as`, `where`, `by`, or whatever else cannot be part of it. */
export function readAt(text: string, at: number): { readonly syntax: Syntax; readonly end: number } {
  checkBrackets(text, at);
  let tree: Ast;
  try {
    tree = Reader.one(text, at, {
      ecmaVersion: 2024, sourceType: 'script', preserveParens: true, allowReserved: true, allowHashBang: false,
      // A script's <!-- is a comment, which nobody means who writes x<!--y.
      onComment(block, _, start, end) { if (!block && text[start] !== '/') throw fault(text, { start, end }, `'${text.slice(start, start + 4)}' is no operator`); },
    });
  } catch (error) {
    throw syntaxError(text, at, error);
  }
  return { syntax: new Converter(text).convert(tree, 0), end: tree.end };
}

/** Brackets within brackets are bounded before acorn, which works by recursion, sees them. Strings are not told apart: brackets inside of them only count too much. */
function checkBrackets(text: string, at: number): void {
  for (let depth = 0, i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 40 || c === 91 || c === 123) { if (++depth > depthMax) throw fault(text, { start: i, end: i + 1 }, `nested deeper than ${depthMax}`); }
    else if (c === 41 || c === 93 || c === 125) depth = Math.max(0, depth - 1);
  }
}

const keywords = new Set(('break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch '
  + 'this throw true try typeof var void while with').split(' '));

/** What acorn says, in the words of a user who has never heard of it. */
function syntaxError(text: string, from: number, error: unknown): LeatError {
  if (error instanceof LeatError) return error;
  if (error instanceof RangeError) return fault(text, { start: from, end: text.length }, 'nested too deeply');
  if (!(error instanceof SyntaxError)) throw error;
  const at = Math.min((error as SyntaxError & { pos?: number }).pos ?? from, text.length);
  const message = error.message.replace(/ \(\d+:\d+\)$/, '');
  const regex = /^Invalid regular expression: \/.*\/[a-z]*: (.*)$/s.exec(message);
  if (regex !== null || message === 'Invalid regular expression flag') {
    return new LeatError('E_REGEX', { why: regex?.[1]?.toLowerCase() ?? 'unknown flag', help: 'flags are i, s, m and u' }, spotOf(text, { start: at, end: at + 1 }));
  }
  const here = /^(?:[\p{ID_Continue}$]+|<>|=>|&&|\|\||[^])/u.exec(text.slice(at))?.[0] ?? '';
  const range = { start: at, end: at + here.length };
  const before = /([\p{ID_Continue}$]+)\s*$/u.exec(text.slice(from, at))?.[1] ?? '';
  if (message !== 'Unexpected token') {
    return fault(text, range, message.charAt(0).toLowerCase() + message.slice(1).replace(/\s*\.\s*$/, ''), { help: message.includes('coalesce') ? 'write (a ?? b) || c' : '' });
  }
  if (keywords.has(before) && before !== 'in') {
    const start = at - (text.slice(from, at).length - text.slice(from, at).lastIndexOf(before));
    if (before === 'if' || before === 'case') return fault(text, { start, end: start + before.length }, `'${before}' is not part of expressions`, { help: 'condition ? value : other' });
    return fault(text, { start, end: start + before.length }, `'${before}' is a word of JavaScript`, { help: `a field of that name is written _.${before}` });
  }
  if (here === '') return fault(text, { start: text.length, end: text.length }, text.slice(from).trim() === '' ? 'there is none' : 'it ends too early', { help: text.slice(from).trim() === '' ? 'status >= 500' : '' });
  if (here === '>' && text[at - 1] === '<') return fault(text, { start: at - 1, end: at + 1 }, "'<>' is no operator", { hint: "did you mean '!='?" });
  if (keywords.has(here)) {
    if (here === 'if' || here === 'case') return fault(text, range, `'${here}' is not part of expressions`, { help: 'condition ? value : other' });
    return fault(text, range, `'${here}' is a word of JavaScript`, { help: `a field of that name is written _.${here}` });
  }
  return fault(text, range, `'${here}' does not fit here`);
}

/** Rest behind a complete expression: why it cannot stand there. */
export function unexpectedRest(text: string, at: number): LeatError {
  const here = /^(?:[\p{ID_Continue}$]+|[^])/u.exec(text.slice(at))?.[0] ?? '';
  const range = { start: at, end: at + here.length };
  const word = here.toLowerCase();
  if (word === 'and' || word === 'or') return fault(text, range, `'${here}' is no operator`, { hint: `did you mean '${word === 'and' ? '&&' : '||'}'?` });
  if (word === 'is') return fault(text, range, `'${here}' is no operator`, { hint: "did you mean '=='?", help: 'x == null, x != null' });
  if (word === 'not') return fault(text, range, `'${here}' is no operator`, { help: '!(x in list), x != null' });
  if (word === 'like' || word === 'ilike' || word === 'matches') return fault(text, range, `'${here}' is no operator`, { help: 'matches(name, /^a/), contains(name, "a")' });
  if (word === 'between') return fault(text, range, `'${here}' is no operator`, { help: 'x >= 1 && x <= 9' });
  if (/^not\s+$/i.test(text.slice(0, at))) return fault(text, { start: 0, end: 3 }, `'${text.slice(0, 3)}' is no operator`, { hint: "did you mean '!'?" });
  if (here === ',') return fault(text, range, 'only one expression fits here');
  if (here === ')' || here === ']' || here === '}') return fault(text, range, `'${here}' without its opening bracket`);
  return fault(text, range, `'${here}' does not fit here`, { help: /[-\p{ID_Continue}]/u.test(here) ? 'an operator is missing, or a name with odd characters is meant: _["odd name"]' : '' });
}

const wrongBinary: Readonly<Record<string, string>> = {
  '&': "did you mean '&&'?", '|': "did you mean '||'?", '^': 'did you mean bit_xor(x, y)?', '<<': 'write x * 2 ** n', '>>': 'write floor(x / 2 ** n)', '>>>': 'write floor(x / 2 ** n)', instanceof: 'did you mean type(x) == "string"?',
};

class Converter {
  private readonly text: string;
  constructor(text: string) { this.text = text; }

  convert(tree: Tree, depth: number): Syntax {
    if (depth > depthMax) throw fault(this.text, tree, `nested deeper than ${depthMax}`);
    const { start, end } = tree, next = depth + 1;
    switch (tree.type) {
      case 'ParenthesizedExpression': return this.convert(tree.expression, next);
      case 'ChainExpression': return this.convert(tree.expression, next);
      case 'Identifier': return this.identifier(tree.name, tree);
      case 'Literal': return this.literal(tree);
      case 'TemplateLiteral': {
        const parts: (string | Syntax)[] = [];
        tree.quasis.forEach((quasi, i) => {
          const cooked = quasi.value.cooked;
          if (cooked === null || cooked === undefined) throw fault(this.text, quasi, 'bad escape');
          if (cooked !== '') parts.push(cooked);
          if (i < tree.expressions.length) parts.push(this.convert(tree.expressions[i], next));
        });
        return { kind: 'template', parts, start, end };
      }
      case 'UnaryExpression': return this.unary(tree, next);
      case 'BinaryExpression': return this.binary(tree, next);
      case 'LogicalExpression': {
        const kind = tree.operator === '&&' ? 'and' : tree.operator === '||' ? 'or' : 'coalesce';
        // a && b && c is one node, so that a long chain is not deep; acorn's tree of it leans left.
        const parts: Syntax[] = [];
        let left: Tree = tree;
        const rights: Tree[] = [];
        while (left.type === 'LogicalExpression' && left.operator === tree.operator) { rights.push(left.right); left = left.left; }
        parts.push(this.convert(left, next));
        for (const right of rights.reverse()) parts.push(this.convert(right, next));
        return { kind, parts, start, end };
      }
      case 'ConditionalExpression':
        return { kind: 'choice', test: this.convert(tree.test, next), yes: this.convert(tree.consequent, next), no: this.convert(tree.alternate, next), start, end };
      case 'ArrayExpression':
        return {
          kind: 'list', start, end, items: tree.elements.map((item) => {
            if (item === null) throw fault(this.text, tree, 'a list has an empty place', { help: 'write null' });
            return item.type === 'SpreadElement' ? { spread: true, value: this.convert(item.argument, next) } : { spread: false, value: this.convert(item, next) };
          }),
        };
      case 'ObjectExpression': return { kind: 'object', start, end, members: tree.properties.map((member) => this.property(member, next)) };
      case 'MemberExpression': return this.member(tree, next);
      case 'CallExpression': return this.call(tree, next);
      case 'SpreadElement': throw fault(this.text, tree, '`...` works inside of [ ] and { } only');
      case 'AssignmentExpression': {
        const at = this.operatorAt(tree.left.end, tree.operator);
        if (tree.operator === '=') throw fault(this.text, at, "'=' does not compare", { hint: "did you mean '=='?" });
        throw fault(this.text, at, `'${tree.operator}' assigns, and expressions only read`);
      }
      case 'SequenceExpression': throw fault(this.text, tree, 'only one expression fits here', { help: 'a list is written [a, b]' });
      case 'UpdateExpression': throw fault(this.text, tree, `'${tree.operator}' assigns, and expressions only read`, { help: tree.operator === '++' ? 'x + 1' : 'x - 1' });
      case 'ArrowFunctionExpression': case 'FunctionExpression': case 'ClassExpression': throw fault(this.text, tree, 'functions and classes cannot be made here', { help: 'leat help functions' });
      case 'ThisExpression': throw fault(this.text, tree, "'this' is not part of expressions", { help: '_ is the whole record; a field of that name is written _.this' });
      case 'NewExpression': throw fault(this.text, tree, "'new' is not part of expressions", { help: 'leat help functions' });
      case 'TaggedTemplateExpression': throw fault(this.text, tree, 'a template has no tag here', { help: '`${method} ${path}`' });
      case 'ImportExpression': case 'MetaProperty': case 'Super': case 'AwaitExpression': case 'YieldExpression': case 'PrivateIdentifier':
        throw fault(this.text, tree, `'${this.text.slice(start, end).split(/[^#\w]/, 1)[0]}' is not part of expressions`);
      default: throw fault(this.text, tree, 'this is not part of expressions');
    }
  }

  private identifier(name: string, { start, end }: Range): Syntax {
    if (name[0] === '$' && name.length > 1) return { kind: 'name', name: name.slice(1), start, end };
    return { kind: 'path', path: name === '_' ? [] : [name], start, end };
  }

  private literal(tree: Extract<Ast, { type: 'Literal' }>): Syntax {
    const { start, end, value, raw = '' } = tree;
    if (tree.regex !== undefined) throw fault(this.text, tree, 'a regular expression stands here without a function', { help: `matches(x, ${raw})` });
    if (tree.bigint !== undefined) throw fault(this.text, tree, `'${raw}' is no number here`, { help: `${raw.slice(0, -1)}: integers of any size are exact` });
    if (typeof value !== 'number') return { kind: 'constant', json: JSON.stringify(value), start, end };
    if (/^0\d/.test(raw)) throw fault(this.text, tree, `'${raw}' begins with 0`, { help: raw.replace(/^0+(?=\d)/, '') });
    const digits = raw.replaceAll('_', '');
    // Numbers keep their text, as those of records do: integers all their digits (SEMANTICS 1).
    if (/^0[xob]/i.test(digits)) return { kind: 'constant', json: BigInt(digits).toString(), start, end };
    if (/^\d+$/.test(digits)) return { kind: 'constant', json: digits, start, end };
    // A fraction or an exponent makes it a double, and its text says so.
    return { kind: 'constant', json: digits.replace(/^\./, '0.').replace(/\.(?=e|$)/i, '.0'), start, end };
  }

  private unary(tree: Extract<Ast, { type: 'UnaryExpression' }>, depth: number): Syntax {
    const { start, end, operator } = tree;
    if (operator === 'typeof') throw fault(this.text, tree, "'typeof' is no operator here", { help: `type(${this.text.slice(tree.argument.start, tree.argument.end)})` });
    if (operator !== '!' && operator !== '-' && operator !== '+') throw fault(this.text, { start, end: start + operator.length }, `'${operator}' is no operator here`);
    const of = this.convert(tree.argument, depth);
    if (operator === '-' && of.kind === 'constant' && /^\d/.test(of.json)) return { kind: 'constant', json: of.json === '0' ? '0' : `-${of.json}`, start, end };
    return { kind: operator === '!' ? 'not' : operator === '-' ? 'negate' : 'plus', of, start, end };
  }

  private binary(tree: Extract<Ast, { type: 'BinaryExpression' }>, depth: number): Syntax {
    const { start, end, operator } = tree;
    const hint = wrongBinary[operator];
    if (hint !== undefined) throw fault(this.text, this.operatorAt(tree.left.end, operator), `'${operator}' is no operator here`, { hint });
    const left = this.convert(tree.left, depth), right = this.convert(tree.right, depth);
    switch (operator) {
      case '===': return { kind: 'compare', op: '==', left, right, start, end };
      case '!==': return { kind: 'compare', op: '!=', left, right, start, end };
      case '==': case '!=': case '<': case '<=': case '>': case '>=': return this.compare(operator, left, right, tree);
      case 'in': return { kind: 'in', left, right, start, end };
      default: return { kind: 'arithmetic', op: operator as ArithmeticOperator, left, right, start, end };
    }
  }

  private compare(op: CompareOperator, left: Syntax, right: Syntax, { start, end }: Range): Syntax {
    // 1 < x < 9 compares a boolean with 9 in JavaScript: never what is meant.
    if (left.kind === 'compare' && op !== '==' && op !== '!=' && left.op !== '==' && left.op !== '!=' && this.text[left.start - 1] !== '(') {
      throw fault(this.text, { start, end }, 'comparisons do not chain', { help: `${this.text.slice(left.start, left.end)} && ${this.text.slice(left.right.start, end)}` });
    }
    return { kind: 'compare', op, left, right, start, end };
  }

  private operatorAt(from: number, operator: string): Range {
    const start = Math.max(this.text.indexOf(operator, from), from);
    return { start, end: start + operator.length };
  }

  private property(member: Property | SpreadElement, depth: number): { key: string | undefined; value: Syntax } {
    if (member.type === 'SpreadElement') return { key: undefined, value: this.convert(member.argument, depth) };
    if (member.kind !== 'init' || member.method) throw fault(this.text, member, 'an object has plain fields here, no methods');
    if (member.computed) throw fault(this.text, member.key, 'the key of a field is a name or a string, it cannot be computed');
    const { key } = member;
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number') ? String(key.value) : undefined;
    if (name === undefined) throw fault(this.text, member.key, 'the key of a field is a name or a string');
    return { key: member.shorthand && name.startsWith('$') ? name.slice(1) : name, value: this.convert(member.value, depth) };
  }

  private member(tree: Extract<Ast, { type: 'MemberExpression' }>, depth: number): Syntax {
    const { start, end } = tree;
    const of = this.convert(tree.object, depth);
    if (!tree.computed) {
      if (tree.property.type !== 'Identifier') throw fault(this.text, tree.property, 'private names are not part of expressions');
      return this.step(of, tree.property.name, tree);
    }
    const index = this.convert(tree.property, depth);
    if (index.kind !== 'constant') return { kind: 'item', of, index, start, end };
    const step: unknown = JSON.parse(index.json);
    if (typeof step === 'string' || (typeof step === 'number' && Number.isSafeInteger(step) && step >= 0)) return this.step(of, step, tree);
    // There is no index below 0, and none with a fraction: the value is null.
    return { kind: 'item', of, index, start, end };
  }

  private step(of: Syntax, step: string | number, { start, end }: Range): Syntax {
    if (of.kind === 'path') return { kind: 'path', path: [...of.path, step] satisfies Path, start, end };
    return { kind: 'member', of, step, start, end };
  }

  private call(tree: Extract<Ast, { type: 'CallExpression' }>, depth: number): Syntax {
    const { start, end, callee } = tree;
    if (callee.type !== 'Identifier') throw unknownMethod(this.text, tree);
    if (tree.optional) throw fault(this.text, { start: callee.end, end: callee.end + 2 }, 'functions are there or not: a call is written without ?.');
    const spec = unknownFunction(this.text, callee);
    let regex: Pattern | undefined;
    const args = tree.arguments.map((arg, i): Syntax => {
      if (arg.type === 'SpreadElement') throw fault(this.text, arg, 'a list cannot be spread over arguments');
      const declared = spec.args[i];
      if (arg.type === 'Literal' && arg.regex !== undefined) {
        if (declared?.type !== 'regex' && declared?.type !== 'string or regex') throw fault(this.text, arg, `${spec.name} takes no regular expression here`);
        regex = compileRegex(this.text, arg, arg.regex.pattern, arg.regex.flags);
        return { kind: 'constant', json: 'null', start: arg.start, end: arg.end };
      }
      if (declared?.type === 'regex') {
        throw new LeatError('E_REGEX', { why: `${spec.name} needs a literal like /^web-/i here; patterns never come from data`, help: '' }, spotOf(this.text, arg));
      }
      return this.convert(arg, depth);
    });
    checkCall(this.text, spec, tree, args);
    return { kind: 'call', spec, args, regex, start, end };
  }
}
