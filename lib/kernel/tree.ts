// The wanted paths as a tree of steps, so that a walk over a record knows at each key or index what is asked for below it. Owns: that tree. Must not: look at records.
import type { Path } from '../record/path.js';

export interface Step {
  /** Number of the step in the tree; the root is 0. */
  readonly number: number;
  /** Columns whose path ends here: the same path may be wanted twice. */
  readonly columns: number[];
  readonly keys: Key[];
  readonly items: Map<number, Step>;
  /** Columns of all steps below this one: they are emptied when a value takes the place of an earlier one. */
  readonly below: number[];
}

export interface Key {
  readonly text: string;
  /** UTF-8 of the key; undefined where it has a lone surrogate, which only an escape can spell. */
  readonly bytes: Uint8Array | undefined;
  readonly step: Step;
}

const utf8 = new TextEncoder();

/** Step 0 is the record itself. */
export function makeTree(paths: readonly Path[]): Step[] {
  const steps: Step[] = [];
  const make = (): Step => {
    const step: Step = { number: steps.length, columns: [], keys: [], items: new Map(), below: [] };
    steps.push(step);
    return step;
  };
  const root = make();
  paths.forEach((path, column) => {
    let step = root;
    for (const part of path) {
      step.below.push(column);
      step = typeof part === 'number' ? item(step, part, make) : key(step, part, make);
    }
    step.columns.push(column);
  });
  return steps;
}

function item(step: Step, index: number, make: () => Step): Step {
  let next = step.items.get(index);
  if (next === undefined) { next = make(); step.items.set(index, next); }
  return next;
}

function key(step: Step, text: string, make: () => Step): Step {
  let found = step.keys.find((one) => one.text === text);
  if (found === undefined) {
    found = { text, bytes: /\p{Surrogate}/u.test(text) ? undefined : utf8.encode(text), step: make() };
    step.keys.push(found);
  }
  return found.step;
}
