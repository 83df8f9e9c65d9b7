// A job of SQL while it is made from a plan: one SELECT a stage, the sentences of its manifest, and how equal its results are. The stages themselves are in stages.ts, windows.ts and joins.ts.
// Owns: names, comments, notes. Must not: know what a stage means.
import type { Path } from '../../../record/path.js';
import { pathText } from '../../../record/path.js';
import type { CommonValues } from '../../../runtime/pipeline.js';
import type { Node, Plan } from '../../node.js';
import { argsOf } from '../../outputs.js';
import { refuse, spotOfWord } from '../refuse.js';
import type { Can, Equality, Target } from '../target.js';
import { functionTable } from '../user-functions.js';
import type { UserFunctions } from '../user-functions.js';
import type { Dialect, Value } from './dialect.js';
import { emitPath } from './expression.js';
import type { Scope } from './expression.js';
import type { Functions } from './functions.js';
import { carried, itemsText } from './relation.js';
import type { Items, Relation } from './relation.js';

/** What differs between engines that speak SQL. */
export interface Parts {
  readonly dialect: Dialect;
  readonly can: Target['can'];
  /** W before each record is worked out, so that late records are those of leat. */
  readonly isExactWhenLate: boolean;
  /** By the op of a node. */
  readonly stages: Readonly<Record<string, (node: Node, job: Job) => Relation>>;
}

const ranks: readonly Equality[] = ['exact', 'exact if nothing is late', 'float-approx'];

interface Select { readonly name: string; readonly comment: string; readonly body: string; readonly needs: readonly string[] }

export class Job {
  readonly parts: Parts;
  readonly plan: Plan;
  readonly dialect: Dialect;
  readonly own: Functions;
  readonly assumptions = new Set<string>();
  /** Settings and definitions that stand ahead of all, each once. */
  readonly prelude = new Set<string>();
  /** Results beside those of the plan: late records. */
  readonly late: { readonly file: string; readonly relation: Relation; readonly node: Node }[] = [];
  /** What an engine remembers of its job beside this. */
  readonly marks = new Map<string, unknown>();
  equality: Equality = 'exact';
  private readonly selects: Select[] = [];
  private relations = new Map<Node, Relation>();
  private count = 0;
  constructor(plan: Plan, parts: Parts, own: UserFunctions) { this.plan = plan; this.parts = parts; this.dialect = parts.dialect; this.own = functionTable(own, parts.dialect.name); }

  /** The relation behind a node. */
  relation(node: Node): Relation {
    let relation = this.relations.get(node);
    if (relation === undefined) {
      for (const feature of node.uses) this.check(node, feature, this.parts.can[feature]);
      const stage = this.parts.stages[node.op];
      relation = stage === undefined ? this.refuse(node, node.op === 'process' ? `${node.params.program} is a program of the system` : `leat ${node.op} is no part of a job`, `what it does as leat map or filter; or run it before or behind the job`) : stage(node, this);
      this.relations.set(node, relation);
    }
    return relation;
  }

  /** Works with relations of its own: a source is declared anew there, with another watermark. */
  within<T>(work: () => T): T {
    const { relations } = this;
    this.relations = new Map();
    try { return work(); } finally { this.relations = relations; }
  }

  private check(node: Node, feature: string, row: Can): void {
    if ('reason' in row) this.refuse(node, row.reason, row.instead, wordOf(feature));
    this.atMost(row.equality);
    if (row.note !== undefined) this.note(row.note);
  }
  /** No more than that, for this reason. */
  weaken(equality: Equality, why: string): void { this.atMost(equality); this.note(why); }
  private atMost(equality: Equality): void { if (ranks.indexOf(equality) > ranks.indexOf(this.equality)) this.equality = equality; }

  /** One more SELECT; its name. `needs`: the names that it reads. */
  add(node: Node | undefined, body: string, ...needs: readonly string[]): string {
    const name = `s${++this.count}`, spot = node?.spot, comment = spot === undefined || node?.op === 'source' ? '' : spot.text.slice(spot.start, spot.end).replace(/\s+/g, ' ');
    this.selects.push({ name, comment: this.selects.some((each) => each.comment === comment) ? '' : comment, body, needs });
    return name;
  }
  /** The SELECTs that these need, first ones first. */
  with(...names: readonly string[]): readonly Select[] {
    const wanted = new Set(names);
    for (const select of [...this.selects].reverse()) if (wanted.has(select.name)) for (const name of select.needs) wanted.add(name);
    return this.selects.filter(({ name }) => wanted.has(name));
  }
  fresh(prefix: string): string { return `${prefix}${++this.count}`; }

  /** A SELECT of these columns from one relation. */
  select(node: Node | undefined, items: Items, from: Relation, rest = ''): string { return this.add(node, `SELECT ${itemsText(items)} FROM ${from.from}${rest}`, from.from); }

  /** The records for which a condition of SQL holds. */
  where(node: Node | undefined, from: Relation, condition: string): Relation { return { ...from, from: this.select(node, carried(from), from, ` WHERE ${condition}`) }; }

  /** A column more, worked out over the relation. */
  with1(node: Node | undefined, from: Relation, name: string, sql: string): Relation {
    return { ...from, from: this.select(node, new Map([...carried(from), [name, sql]]), from), hidden: [...from.hidden, name] };
  }

  scope({ columns }: Relation, node: Node): Scope {
    return { dialect: this.dialect, columns, args: argsOf((node.planned?.common ?? {}) as CommonValues), own: this.own, note: (sentence, isApprox) => this.note(sentence, isApprox) };
  }
  path(from: Relation, node: Node, path: Path): Value { return emitPath(path, this.scope(from, node), node.spot ?? { text: pathText(path), start: 0, end: pathText(path).length }); }

  note(sentence: string, isApprox = false): void {
    this.assumptions.add(sentence);
    if (isApprox) this.atMost('float-approx');
  }

  /** leat's order of records, or a refusal. */
  orderOf(from: Relation, node: Node, what: string): readonly string[] {
    return from.order ?? this.refuse(node, `${what} depends on the order of records, which ${this.dialect.title} does not know here`, this.dialect.name === 'flink' ? 'a sort key that no two records share; or --to duckdb' : 'put it before the join; or --to duckdb');
  }
  /** Terms of (event time, input order), as first and last have it. */
  timeOrder({ time, order }: Relation): readonly string[] | undefined { return order === undefined ? undefined : [...time === undefined || order.includes(time) ? [] : [time], ...order]; }

  /** One column that says the order of records. */
  numbered(node: Node | undefined, from: Relation): Relation {
    const { order } = from;
    if (order === undefined || order.length < 2) return from;
    const name = this.fresh('_o'), made = this.with1(node, from, name, `row_number() OVER (ORDER BY ${order.join(', ')})`);
    return { ...made, hidden: made.hidden.filter((each) => !order.includes(each) || each === made.time || (made.window?.kind === 'fixed' && (each === made.window.start || each === made.window.end))), order: [name] };
  }

  refuse(node: Node, reason: string, instead: string, word?: RegExp): never { return refuse(this.dialect.name, { reason, instead }, word === undefined ? node.spot : spotOfWord(node.spot, word)); }
}

/** What of a stage's text says a feature. */
const words: Readonly<Record<string, RegExp>> = {
  'window.hopping': /[\w]+\/\w+/, 'window.cumulative': /\w+\^\w+/, 'window.session': /session[ =:]?\w*/, 'window.count': /count[ =:]?\w*/, 'window.calendar': /\d+ ?(?:months?|mon|y\w*)|--tz[= ]\S+/, 'window.late-file': /--late[= ]\S+/, 'watermark.per': /--per[= ]\S+/,
  'dedup.within': /--within[= ]\S+/, 'dedup.within-last': /--within[= ]\S+/, 'agg.changes': /--emit[= ]\S+|--every[= ]\S+/, 'agg.fill': /--fill[= ]\S+/, 'agg.over': /--over/, 'join.asof': /--asof/, 'join.interval': /--within[= ]\S+/,
};
const wordOf = (feature: string): RegExp | undefined => words[feature];
