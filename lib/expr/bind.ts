// An expression bound to a stage: Syntax becomes nodes (nodes/), nodes become the functions over batches that operators call. Owns: which node stands for what,
// folding of constants, and the Expression that other rooms see. Must not: parse.
import type { Spot } from '../errors.js';
import { Tag } from '../record/batch.js';
import type { Batch, Column, Field, Test } from '../record/batch.js';
import { ColumnBuilder } from '../record/build.js';
import { kindOf } from '../record/compare.js';
import { wideFrom } from '../record/number.js';
import { samePath } from '../record/path.js';
import type { Path } from '../record/path.js';
import { compactJson } from './compact.js';
import type { Binder, Expression } from './expression.js';
import { ArithmeticNode, SignNode } from './nodes/arithmetic.js';
import { CallNode } from './nodes/call.js';
import { ChoiceNode, CoalesceNode } from './nodes/choose.js';
import { CompareNode, IsNullNode, NumberTestNode, StringTestNode } from './nodes/compare.js';
import { ConstantNode, PathNode } from './nodes/leaf.js';
import { LogicNode, NotNode, condition } from './nodes/logic.js';
import { ListNode, ObjectNode, TemplateNode } from './nodes/make.js';
import { ItemNode, MemberNode } from './nodes/member.js';
import { InNode } from './nodes/membership.js';
import { Stage, valueText } from './nodes/node.js';
import type { Node } from './nodes/node.js';
import { nearest } from '../record/nearest.js';
import { children, fault, spotOf } from './syntax.js';
import type { CompareOperator, Range, Syntax } from './syntax.js';

export class Bound implements Expression {
  readonly text: string;
  readonly spot: Spot;
  readonly paths: readonly Path[];
  readonly path: Path | undefined;
  readonly names: readonly string[];
  private readonly whole: string;
  readonly syntax: Syntax;
  /** whole: the operand that it is part of. */
  constructor(whole: string, syntax: Syntax) {
    this.whole = whole; this.syntax = syntax;
    this.text = whole.slice(syntax.start, syntax.end);
    this.spot = spotOf(whole, syntax);
    this.path = syntax.kind === 'path' ? syntax.path : undefined;
    const paths: Path[] = [], names = new Set<string>();
    collect(syntax, paths, names);
    this.paths = paths;
    this.names = [...names];
  }

  field(binder: Binder): Field {
    const node = compile(this.syntax, new Stage(binder, this.whole));
    if (node instanceof PathNode) return node.field;
    const key = {};
    return (batch) => {
      let column = batch.memo.get(key);
      if (column === undefined) {
        column = settle(node.column(batch, batch.rows), batch, batch.rows);
        if (column instanceof ColumnBuilder) column = column.take();
        batch.memo.set(key, column);
      }
      return column;
    };
  }

  test(binder: Binder): Test {
    const stage = new Stage(binder, this.whole), node = compile(this.syntax, stage);
    return (batch) => {
      const { rows } = batch, faults = stage.faults;
      let picked = node.isBoolean ? node.select(batch, rows, Tag.True) : this.check(binder, stage, batch, node);
      if (stage.faults !== faults) picked = picked.filter((row) => !binder.isBad(batch, row));
      // A selection may outlive the next batch of ours (the runtime joins small pieces), the node's buffer does not.
      return picked.length === rows.length ? rows : picked.slice();
    };
  }

  over(binder: Binder): (batch: Batch, rows: Uint32Array) => Column {
    const node = compile(this.syntax, new Stage(binder, this.whole));
    if (node instanceof PathNode) return (batch) => node.field(batch);
    return (batch, rows) => settle(node.column(batch, rows), batch, rows);
  }

  /** A condition that may be anything: what is neither boolean nor null makes the row bad. */
  private check(binder: Binder, stage: Stage, batch: Batch, node: Node): Uint32Array {
    const { rows } = batch, column = node.column(batch, rows), picked = new Uint32Array(rows.length);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], tag = column.tag[row];
      if (tag === Tag.True) picked[count++] = row;
      else if (tag > Tag.True) {
        stage.faults++;
        if (binder.isBad(batch, row)) continue;
        const value = valueText(column, row), kind = kindOf(tag);
        binder.bad(batch, row, 'E_NOT_BOOLEAN', { got: `${kind === 'array' || kind === 'object' ? 'an' : 'a'} ${kind}, ${excerpt(value)}`, help: this.remedy(kind, value) }, this.spot);
      }
    }
    return picked.subarray(0, count);
  }
  private remedy(kind: string, value: string): string {
    const subject = this.syntax.kind === 'path' || this.syntax.kind === 'call' || this.syntax.kind === 'member' ? this.text : `(${this.text})`;
    const operator = kind === 'number' ? '>=' : '==';
    return kind === 'array' || kind === 'object' || value.length > 24 ? `compare it: ${subject} != null` : `compare it: ${subject} ${operator} ${value}, or ${subject} != null`;
  }
}

const excerpt = (text: string): string => text.length <= 40 ? text : `${text.slice(0, 37)}...`;

function collect(node: Syntax, paths: Path[], names: Set<string>): void {
  if (node.kind === 'path' && !paths.some((known) => samePath(known, node.path))) paths.push(node.path);
  if (node.kind === 'name') names.add(node.name);
  for (const child of children(node)) collect(child, paths, names);
}

/**
 * The value of an expression is what its printed text says, in one process as in two: a computed double that prints as a whole number of 2^53 or more
 * (JavaScript prints digits up to 1e21) is that integer for whoever reads it next.
 */
function settle(column: Column, batch: Batch, rows: Uint32Array): Column {
  const { tag, number, start, end } = column;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (tag[row] === Tag.Number && start[row] === end[row] && isLarge(number[row])) return settled(column, batch, rows);
  }
  return column;
}
const isLarge = (x: number): boolean => (x >= wideFrom && x < 1e21) || (x <= -wideFrom && x > -1e21);
function settled(column: Column, batch: Batch, rows: Uint32Array): Column {
  const out = new ColumnBuilder().begin(batch.size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i], x = column.number[row];
    if (column.tag[row] === Tag.Number && column.start[row] === column.end[row] && isLarge(x)) out.setWide(row, x, String(x)); else out.copy(row, column, row);
  }
  return out;
}

/** The node of a checked expression. Errors: E_SYNTAX where a $name is not bound; whatever a constant call throws (E_DURATION and the like). */
function compile(syntax: Syntax, stage: Stage): Node {
  const node = compileNode(syntax, stage);
  return node instanceof ConstantNode || node instanceof PathNode || !isConstant(syntax) ? node : fold(node, syntax, stage);
}

/** The text of an argument: it may have line ends between its parts, which no record can hold. */
function argument(stage: Stage, syntax: Syntax & { readonly kind: 'name' }, json: string): string {
  try { JSON.parse(json); } catch { throw fault(stage.text, syntax, `$${syntax.name} is no JSON: ${json.slice(0, 40)}`, { help: `--arg ${syntax.name} VALUE takes a string` }); }
  return compactJson(json);
}

const isConstant = (syntax: Syntax): boolean => syntax.kind === 'constant' || syntax.kind === 'name' || (syntax.kind !== 'path' && children(syntax).every(isConstant));

function compileNode(syntax: Syntax, stage: Stage): Node {
  const sub = (child: Syntax): Node => compile(child, stage);
  switch (syntax.kind) {
    case 'constant': return new ConstantNode(stage, syntax, syntax.json, /[.eE]/.test(syntax.json));
    case 'name': {
      const json = stage.binder.args.get(syntax.name);
      if (json !== undefined) return new ConstantNode(stage, syntax, argument(stage, syntax, json), true);
      const near = nearest(syntax.name, stage.binder.args.keys());
      throw fault(stage.text, syntax, `$${syntax.name} is not bound`, { ...near === undefined ? {} : { hint: `did you mean '$${near}'?` }, help: `--arg ${syntax.name} VALUE, or --argjson ${syntax.name} JSON` });
    }
    case 'path': return new PathNode(stage, syntax, stage.binder.field(syntax.path));
    case 'not': return new NotNode(stage, syntax, condition(stage, sub(syntax.of), '!'));
    case 'negate': case 'plus': return new SignNode(stage, syntax, sub(syntax.of), syntax.kind === 'negate');
    case 'arithmetic': return new ArithmeticNode(stage, syntax, syntax.op, sub(syntax.left), sub(syntax.right));
    case 'compare': return comparison(stage, syntax, syntax.op, syntax.left, syntax.right);
    case 'and': case 'or': return new LogicNode(stage, syntax, syntax.kind, syntax.parts.map((part) => condition(stage, sub(part), syntax.kind === 'and' ? '&&' : '||')));
    case 'coalesce': return new CoalesceNode(stage, syntax, syntax.parts.map(sub));
    case 'choice': return new ChoiceNode(stage, syntax, condition(stage, sub(syntax.test), '? :'), sub(syntax.yes), sub(syntax.no));
    case 'in': return new InNode(stage, syntax, sub(syntax.left), sub(syntax.right));
    case 'template': return new TemplateNode(stage, syntax, syntax.parts.map((part) => typeof part === 'string' ? part : sub(part)));
    case 'list': return new ListNode(stage, syntax, syntax.items.map(({ spread, value }) => ({ spread, value: sub(value) })));
    case 'object': return new ObjectNode(stage, syntax, syntax.members.map(({ key, value }) => ({ key, value: sub(value) })));
    case 'member': return new MemberNode(stage, syntax, sub(syntax.of), syntax.step);
    case 'item': return new ItemNode(stage, syntax, sub(syntax.of), sub(syntax.index));
    case 'call': return new CallNode(stage, syntax, syntax.spec, syntax.args.map(sub), syntax.regex);
  }
}

const turned: Readonly<Record<CompareOperator, CompareOperator>> = { '<': '>', '<=': '>=', '==': '==', '!=': '!=', '>': '<', '>=': '<=' };

function comparison(stage: Stage, range: Range, op: CompareOperator, left: Syntax, right: Syntax): Node {
  const isNull = (side: Syntax): boolean => side.kind === 'constant' && side.json === 'null';
  if ((op === '==' || op === '!=') && (isNull(left) || isNull(right))) return new IsNullNode(stage, range, compile(isNull(right) ? left : right, stage), op === '!=');
  let a = compile(left, stage), b = compile(right, stage);
  if (a instanceof ConstantNode && !(b instanceof ConstantNode)) { [a, b] = [b, a]; op = turned[op]; }
  if (b instanceof ConstantNode) {
    if (b.cell.tag === Tag.Number) return new NumberTestNode(stage, range, op, a, b);
    if (b.cell.tag === Tag.String && !b.escaped && (op === '==' || op === '!=')) return new StringTestNode(stage, range, op, a, b);
  }
  return new CompareNode(stage, range, op, a, b);
}

const one = Uint32Array.of(0);

/** A node over constants (its children are folded already), worked out once. Where it complains (a clash, an overflow) it stays what it is, so that every record complains. */
function fold(node: Node, syntax: Syntax, stage: Stage): Node {
  stage.probing = true;
  stage.complaints = 0;
  try {
    // Constants look at nothing of a batch but its size.
    const column = node.column({ size: 1 } as Batch, one);
    // A large computed double stays one inside of its expression, which its text would not say.
    return stage.complaints > 0 || (column.tag[0] === Tag.Number && isLarge(column.number[0])) ? node : new ConstantNode(stage, syntax, valueText(column, 0), column.start[0] < column.end[0]);
  } finally {
    stage.probing = false;
  }
}
