// Loaded into the tools under test by NODE_OPTIONS=--require: it changes what the world does, never what leat does.
//   FAULT_READ=BYTES:MS   files of input come in pieces of that size, with a pause before each, so that short inputs have many epochs
//   FAULT_CLOCK=HOURS     the clock of the calendar stands so many hours off, and jumps between that and its opposite at every look
'use strict';
const fs = require('node:fs');
const { FAULT_READ, FAULT_CLOCK } = process.env;
if (FAULT_READ !== undefined) {
  const [bytes, ms] = FAULT_READ.split(':').map(Number), { readSync } = fs, nap = new Int32Array(new SharedArrayBuffer(4));
  let fd = -1, end = -1;                                    // of the piece that was given last
  fs.readSync = (from, into, ...rest) => {
    const [offset, length, position] = rest;
    if (typeof position !== 'number' || length < 32768) return readSync(from, into, ...rest);
    if (from === fd && position === end) { fd = -1; return 0; }   // who reads on until the buffer is full has what there is
    if (ms > 0) Atomics.wait(nap, 0, 0, ms);
    const count = readSync(from, into, offset, Math.min(length, bytes), position);
    fd = from; end = position + count;
    return count;
  };
}
if (FAULT_CLOCK !== undefined) {
  const { now } = Date;
  let off = Number(FAULT_CLOCK) * 3_600_000;
  Date.now = () => now() + (off = -off);
  const Real = Date;
  globalThis.Date = class Date extends Real {
    constructor(...args) { if (args.length === 0) super(Real.now()); else super(...args); }
  };
}
