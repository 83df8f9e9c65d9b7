// Which columns the fast scanner fills itself, and which are worked out from the span of a shorter path.
// The automaton knows fields of objects, and a value is either filled in or entered: an array index, a path inside a wanted one, or a very deep one is derived.
import type { Path } from '../record/path.js';
import { samePath, startsWith } from '../record/path.js';

/** Below the depth at which the automaton stops entering objects. */
const depthMax = 12;

export interface FastPlan {
  /** Paths that the automaton fills; none is a part of another, none is []. */
  readonly filled: readonly Path[];
  /** For each wanted path: its index in `filled`; −1: it is derived; −2: it is the whole record. */
  readonly from: readonly number[];
  /** Indexes of `filled` below which something is derived. */
  readonly derive: readonly number[];
}

export function planPaths(paths: readonly Path[]): FastPlan {
  const cuts = paths.filter((path) => path.length > 0).map(cut);
  const filled = cuts.filter((path, i) => cuts.findIndex((other) => samePath(other, path)) === i && !cuts.some((other) => other.length < path.length && startsWith(path, other)));
  const from = paths.map((path) => path.length === 0 ? -2 : filled.findIndex((one) => samePath(one, path)));
  const derive = filled.map((_, i) => i).filter((i) => paths.some((path, at) => from[at] === -1 && startsWith(path, filled[i])));
  return { filled, from, derive };
}

function cut(path: Path): Path {
  const index = path.findIndex((step) => typeof step === 'number');
  const length = Math.min(index < 0 ? path.length : index, depthMax);
  return path.slice(0, length);
}
