// The plan of a pipeline: what `run`, `explain` and `compile` work on. Nodes are immutable data and know their inputs; a node that two others read stands in it once.
// Owns: the shape of a plan. Must not: be made here (build.ts), changed (rules/), or run.
import type { Planned } from '../runtime/chain.js';
import type { Feature } from '../registry.js';
import type { Schema } from '../stream/element.js';
import type { Path } from '../record/path.js';
import type { Spot } from '../errors.js';
import type { Fields } from './types.js';

/** Where records come from: what a binding or the text says of one input. */
export interface Source {
  /** Its name in the text: `access`, `logs/a.ndjson`, or `-`. */
  readonly name: string;
  /** stream: it may go on for ever; table: it is read to its end, one row a key. */
  readonly role: 'stream' | 'table';
  readonly at: { readonly kind: 'stdin' } | { readonly kind: 'files'; readonly paths: readonly string[] } | { readonly kind: 'topic'; readonly topic: string; readonly brokers: string };
  /** Undefined: nothing is known of its fields. */
  readonly fields: Fields | undefined;
  readonly key?: readonly Path[];
}
export interface Sink { readonly name: string; readonly at: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string } | { readonly kind: 'topic'; readonly topic: string; readonly brokers: string } | { readonly kind: 'other'; readonly tool: string } }

export interface Node {
  /** Numbers from 1, inputs before those that read them. */
  readonly id: number;
  /** A tool (`window`), or one of these: source, sink, process (a program that is no tool of leat). `watermark` stands by itself also where `window` begins it. */
  readonly op: string;
  readonly inputs: readonly Node[];
  /** Option values, as the tool's spec parses them. */
  readonly params: any;                                   // `any`: each spec has its own values
  readonly source?: Source;
  readonly sink?: Sink;
  /** As the runtime plans it: spec, values, common options, stream schemas. Missing for source, sink and process. */
  readonly planned?: Planned;
  /** What an engine must be able to do for it. */
  readonly uses: readonly Feature[];
  /** The stream behind it: event time, windows, managed or plain. */
  readonly stream: Schema;
  /** The fields of its records; undefined: not known. */
  readonly fields: Fields | undefined;
  /** By what its state, and so its work, can be parted; []: not at all; undefined: it keeps none. */
  readonly keys: readonly string[] | undefined;
  /** Where it stands in the text, for messages; undefined where no text says it. */
  readonly spot: Spot | undefined;
  /** What a rule did here, a line each: of explain. */
  readonly notes: readonly string[];
}

/** Each sink reaches back to its sources. */
export interface Plan { readonly text: string; readonly sinks: readonly Node[] }
