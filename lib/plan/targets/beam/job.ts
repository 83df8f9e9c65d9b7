// A Beam job while it is made from a plan: steps, definitions ahead of them, sentences of the manifest. Owns: names and the text of steps. It knows no operators.
import type { Spot } from '../../../errors.js';
import { isOrdered } from './aggregates.js';
import type { Scope } from './expression.js';
import { neededBehind } from '../../columns.js';
import { prelude } from './prelude/index.js';
import { Helpers, comment, text } from './python.js';
import type { Node, Plan } from '../../node.js';
import { argsOf } from '../../outputs.js';
import { refuse } from '../refuse.js';
import type { Equality, Target } from '../target.js';

/** What a node became: the variable of its PCollection, and whether that is still in Beam's windows. */
export interface Made { readonly name: string; readonly isWindowed: boolean }

const ranks: readonly Equality[] = ['exact', 'exact if nothing is late', 'float-approx'];

export class Job {
  readonly helpers = new Helpers(prelude);
  readonly called = new Map<string, string>();
  readonly assumptions = new Set<string>();
  /** Name → paths, of inputs and outputs. */
  readonly sources = new Map<string, readonly string[]>();
  readonly sinks = new Map<string, string>();
  equality: Equality = 'exact';
  /** Records carry their places: something asks for their order. */
  readonly isPlaced: boolean;
  /** Definitions, and the steps of the pipeline. */
  readonly definitions: string[] = [];
  readonly steps: string[] = [];
  private readonly can: Target['can'];
  private readonly own: ReadonlyMap<string, string>;
  private readonly made = new Map<number, Made>();
  private readonly make: (node: Node, job: Job) => Made;
  private readonly columns: ReturnType<typeof neededBehind>;
  constructor(plan: Plan, can: Target['can'], own: ReadonlyMap<string, string>, make: (node: Node, job: Job) => Made) {
    this.can = can; this.own = own; this.make = make; this.columns = neededBehind(plan);
    const seen = new Set<Node>(), needs = (node: Node): boolean => !seen.has(node) && (seen.add(node), asksForOrder(node) || node.inputs.some(needs));
    this.isPlaced = plan.sinks.some(needs);
  }

  /** What a node became; made when first asked for. Errors: E_UNSUPPORTED. */
  of(node: Node): Made {
    let made = this.made.get(node.id);
    if (made === undefined) {
      for (const feature of node.uses) {
        const row = this.can[feature];
        if ('reason' in row) this.refuse(row.reason, row.instead, node.spot);
        this.atMost(row.equality);
        if (row.note !== undefined) this.assumptions.add(row.note);
      }
      this.made.set(node.id, made = this.make(node, this));
    }
    return made;
  }
  atMost(equality: Equality): void { if (ranks.indexOf(equality) > ranks.indexOf(this.equality)) this.equality = equality; }
  refuse(reason: string, instead: string, spot?: Spot): never { refuse('beam', { reason, instead }, spot); }

  scope(node: Node): Scope {
    return {
      helpers: this.helpers, functions: this.own, called: this.called, args: node.planned === undefined ? new Map() : argsOf(node.planned.common),
      assume: (sentence) => { this.assumptions.add(sentence); },
      approximates: (name) => {
        this.atMost('float-approx');
        this.assumptions.add(`the last digit of ${name} is that of Python's mathematics library, which may be another one`);
      },
    };
  }

  use(name: string): string { return this.helpers.use(name); }
  /** The fields of a source that somebody behind it needs; undefined: all. */
  needed(node: Node): readonly string[] | undefined {
    const columns = this.columns.get(node);
    return columns === undefined || columns === 'all' ? undefined : [...new Set(columns.map(([first]) => String(first)))];
  }

  /** Steps of a node behind a PCollection: the Python of transforms, each with its label. */
  step(node: Node, from: string, transforms: readonly (readonly [label: string, transform: string])[], isWindowed: boolean): Made {
    const name = `n${node.id}`, said = node.spot === undefined ? node.op : node.spot.text.slice(node.spot.start, node.spot.end);
    const typed = transforms.map(([label, transform]): [string, string] => [label, typedStep(label, transform)]), lines = typed.map(([label, transform]) => `| ${text(`${node.id} ${label}`)} >> ${transform}`);
    for (const [, transform] of typed) this.helpers.within(transform);
    this.helpers.within(from);
    const title = node.source !== undefined ? `read ${node.source.name}` : node.sink !== undefined ? `write ${node.sink.name}` : said.includes(node.op) ? said : `${node.op} of ${said}`;
    this.steps.push(`${comment(`${node.id} ${title}`)}\n${lines.length === 1 && from.length + lines[0].length < 150 ? `${name} = ${from} ${lines[0]}` : `${name} = (\n    ${[from, ...lines].join('\n    ')}\n)`}`);
    return { name, isWindowed };
  }

  /** A definition of this node, ahead of the steps; its name. */
  define(node: Node, what: string, parameters: string, body: readonly string[]): string {
    const name = `${what}_${node.id}`;
    this.helpers.within(body.join('\n'));
    this.helpers.within(parameters);
    this.definitions.push(`def ${name}(${parameters}):\n${body.map((line) => `    ${line}`).join('\n')}`);
    return name;
  }

  /** Steps that take records out of Beam's windows: what is behind groups by the fields, or by none. */
  all({ isWindowed }: Made, label = 'all'): [string, string][] { return isWindowed ? [[label, 'beam.WindowInto(beam.window.GlobalWindows())']] : []; }
}

/** A step says what it gives, so that Beam takes the coder of records. */
const typedStep = (label: string, transform: string): string => label === 'encode' || !/^beam\.(?:Flat)?Map\(/.test(transform) || transform.endsWith('.with_output_types(Keyed)') ? transform : `${transform}.with_output_types(Record)`;

/** Records by a key: a text. */
export const keyed = (key: string): string => `beam.Map(lambda r: (${key}, r)).with_output_types(Keyed)`;

/** Whether what a node gives depends on the order of its input. */
function asksForOrder({ op, params, stream, inputs }: Node): boolean {
  switch (op) {
    case 'sort': case 'dedup': return true;
    case 'agg': return params.over !== undefined || inputs[0].stream.windows?.kind === 'count' || params.aggregates.calls.some(isOrdered);
    case 'join': return params.asof === true && stream.event !== undefined;
    default: return false;
  }
}

/** Whether records have something beside their fields. */
export const isCarrying = ({ stream }: Node, job: Job): boolean => job.isPlaced || stream.event !== undefined;

/** Both fields of a window of Beam's. */
export const boundsText = (window: string, epoch: boolean, shift = ''): string => {
  const [start, end] = [`${window}.start.micros // 1000`, `window_end(${window}${shift})`];
  return epoch ? `"window_start": ${start}, "window_end": ${end}` : `"window_start": iso(${start}), "window_end": iso(${end})`;
};
