// Expressions as Python: each node of the checked form becomes a call of a helper, with lambdas for what may not be looked at. Owns: that mapping.
// Must not: know stages. `r` is the record; in aggregates the same.
import type { Expression } from '../../../expr/expression.js';
import type { Syntax } from '../../../expr/syntax.js';
import type { Path } from '../../../record/path.js';
import { approximate } from './functions.js';
import type { Helpers } from './python.js';
import { literal, steps, text } from './python.js';
import { regexText } from './regex.js';
import { refuse } from '../refuse.js';

const arithmetic = { '+': 'add', '-': 'subtract', '*': 'multiply', '/': 'divide', '%': 'remainder', '**': 'power' } as const;
const comparison = { '==': 'equal', '!=': 'unequal', '<': 'less', '<=': 'at_most', '>': 'greater', '>=': 'at_least' } as const;

/** What expressions need of the job that they stand in. */
export interface Scope {
  readonly helpers: Helpers;
  /** $name → JSON text. */
  readonly args: ReadonlyMap<string, string>;
  /** Functions of users: name → Python text of something callable. */
  readonly functions: ReadonlyMap<string, string>;
  /** Functions of users that the job calls so far: name → Python text. */
  readonly called: Map<string, string>;
  /** A sentence for the manifest: the last digit of a result may differ. */
  approximates(name: string): void;
  /** Another sentence for it. */
  assume(sentence: string): void;
}

/** The Python of an expression over the record `r`. Errors: E_UNSUPPORTED with the place. */
export function python(expression: Expression, scope: Scope): string { return new Emitter(expression, scope).of(expression.syntax); }

/** The Python of a path in the record `r`. */
export function pathOf(path: Path, { helpers }: Pick<Scope, 'helpers'>, record = 'r'): string {
  if (path.length === 0) return `${helpers.use('fields')}(${record})`;
  return path.length === 1 && typeof path[0] === 'string' ? `${record}.get(${text(path[0])})` : `${helpers.use('field')}(${record}, ${steps(path)})`;
}

/** leat keeps the bytes of what it copies. */
const compact = 'the text of a list or an object, as string() and to_json() have it, is compact: where the input has blanks or needless escapes inside of one, leat keeps them';
const isNull = (node: Syntax): boolean => node.kind === 'constant' && node.json === 'null';

class Emitter {
  private readonly expression: Expression;
  private readonly scope: Scope;
  constructor(expression: Expression, scope: Scope) { this.expression = expression; this.scope = scope; }

  of(node: Syntax): string {
    const use = (name: string): string => this.scope.helpers.use(name);
    switch (node.kind) {
      case 'constant': return literal(node.json, this.scope.helpers);
      case 'path': return pathOf(node.path, this.scope);
      case 'name': return literal(this.scope.args.get(node.name) ?? 'null', this.scope.helpers);
      case 'not': return `${use('not_')}(${this.of(node.of)})`;
      case 'negate': return `${use('negate')}(${this.of(node.of)})`;
      case 'plus': return `${use('plus')}(${this.of(node.of)})`;
      case 'arithmetic':
        // Squares and roots are rounded rightly everywhere.
        if (node.op === '**' && !(node.right.kind === 'constant' && /^(?:[012]|0?\.5)$/.test(node.right.json))) this.scope.approximates('**');
        return `${use(arithmetic[node.op])}(${this.of(node.left)}, ${this.of(node.right)})`;
      case 'compare': {
        const tested = isNull(node.right) ? node.left : isNull(node.left) ? node.right : undefined;
        if (tested !== undefined && (node.op === '==' || node.op === '!=')) return `(${this.of(tested)} is ${node.op === '==' ? '' : 'not '}None)`;
        return `${use(comparison[node.op])}(${this.of(node.left)}, ${this.of(node.right)})`;
      }
      case 'and': case 'or': case 'coalesce': {
        const [first, ...others] = node.parts;
        return `${use(node.kind === 'coalesce' ? 'coalesce' : `${node.kind}_`)}(${[this.of(first), ...others.map((part) => `lambda: ${this.of(part)}`)].join(', ')})`;
      }
      case 'choice': return `(${this.of(node.yes)} if ${this.of(node.test)} is True else ${this.of(node.no)})`;
      case 'in': return `${use('is_in')}(${this.of(node.left)}, ${this.of(node.right)})`;
      case 'template': return `${use('template')}(${node.parts.map((part) => typeof part === 'string' ? text(part) : this.of(part)).join(', ')})`;
      case 'list': return `[${node.items.map(({ spread, value }) => spread ? `*${use('elements')}(${this.of(value)})` : this.of(value)).join(', ')}]`;
      case 'object': return `{${node.members.map(({ key, value }) => key === undefined ? `**${use('members')}(${this.of(value)})` : `${text(key)}: ${this.of(value)}`).join(', ')}}`;
      case 'member': return `${use('field')}(${this.of(node.of)}, ${steps([node.step])})`;
      case 'item': return `${use('item')}(${this.of(node.of)}, ${this.of(node.index)})`;
      case 'call': return this.call(node);
    }
  }

  private call(node: Extract<Syntax, { kind: 'call' }>): string {
    const { name, args: declared } = node.spec, { scope } = this;
    const at = node.regex === undefined ? -1 : declared.findIndex(({ type }) => type === 'regex' || type === 'string or regex');
    const args = node.args.map((arg, i) => i === at ? regexText(node.regex!, (why) => this.refuse(node, `the pattern: ${why}`, 'another pattern, or leat run')) : this.of(arg)).join(', ');   // `!`: at says so
    const own = scope.functions.get(name);
    if (own !== undefined) { scope.called.set(name, own); return `own_${name}(${args})`; }
    if (!scope.helpers.has(`f_${name}`)) this.refuse(node, `the function ${name}`, `leat run, or Python for ${name} in --functions`);
    if (approximate.has(name)) scope.approximates(name);
    if (name === 'string' || name === 'to_json') scope.assume(compact);
    return `${scope.helpers.use(`f_${name}`)}(${args})`;
  }

  private refuse({ start, end }: Syntax, reason: string, instead: string): never {
    refuse('beam', { reason, instead }, { text: this.expression.spot.text, start, end });
  }
}
