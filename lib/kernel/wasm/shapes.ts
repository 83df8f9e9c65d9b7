// The shape of a record: which glue it has, from its first brace to its last, as a number. Records of one shape have the same keys in the same order, byte for byte. (AssemblyScript.)
// Owns: the tree of shapes, as a table of (shape so far, edge) → shape. Must not: look at bytes; an edge stands for the glue that was compared when it was taken.
// A number is never given twice by one scanner: where edges are forgotten the table is emptied, and new numbers follow.
import { EDGE, EDGETEMP } from './automaton';

// SCANNER: 128 table, 0: none · 132 the next number · 136 entries
// ENTRY, 12 bytes: shape so far, 0: empty · edge · shape
const ENTRIES: u32 = 4096, ENTRY: usize = 12;
/** Before the first edge. */
export const FIRST_SHAPE: u32 = 1;
export const SHAPE_BYTES: usize = <usize>ENTRIES * ENTRY;

export function makeShapes(S: usize, rows: usize, table: usize): void {
  store<u32>(S, <u32>rows, 124);
  store<u32>(S, <u32>table, 128);
  store<u32>(S, FIRST_SHAPE + 1, 132);
  emptyShapes(S);
}

export function shapeBytes(): usize { return SHAPE_BYTES; }

/** Edges are forgotten: so are the ways over them. */
export function emptyShapes(S: usize): void {
  const table = <usize>load<u32>(S, 128);
  if (table) memory.fill(table, 0, SHAPE_BYTES);
  store<u32>(S, 0, 136);
}

/** The shape behind an edge; 0: it cannot be told. */
// @ts-ignore: decorator
@inline export function shapeBehind(S: usize, shape: u32, E: usize): u32 {
  const table = <usize>load<u32>(S, 128), entry = table + <usize>(((<u32>E ^ shape * 0x9E3779B9) * 0x85EBCA6B) >> 20) * ENTRY;
  return load<u32>(entry) == shape && load<u32>(entry, 4) == <u32>E ? load<u32>(entry, 8) : search(S, table, entry, shape, E);
}

function search(S: usize, table: usize, from: usize, shape: u32, E: usize): u32 {
  if (E == <usize>load<u32>(S, 4) + EDGETEMP * EDGE) return 0;      // an edge that is not kept stands for any glue
  let entry = from;
  while (load<u32>(entry)) {
    if (load<u32>(entry) == shape && load<u32>(entry, 4) == <u32>E) return load<u32>(entry, 8);
    entry += ENTRY;
    if (entry == table + SHAPE_BYTES) entry = table;
  }
  const used = load<u32>(S, 136), next = load<u32>(S, 132);
  if (used > ENTRIES - (ENTRIES >> 2) || next > 0x3fffffff) return 0;
  store<u32>(S, used + 1, 136);
  store<u32>(S, next + 1, 132);
  store<u32>(entry, shape);
  store<u32>(entry, <u32>E, 4);
  store<u32>(entry, next, 8);
  return next;
}
