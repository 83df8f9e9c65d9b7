// The families of faults, in the order in which they are run. EXACTLY-ONCE section 11 has the plan that they follow.
import { clock } from './clock.js';
import { corruption } from './corruption.js';
import type { Family } from './family.js';
import { fileLimit, fullDisk } from './full-disk.js';
import { kills } from './kills.js';
import { locks } from './locks.js';
import { order } from './order.js';
import { power } from './power.js';
import { protocol } from './protocol.js';
import { splits } from './splits.js';
import { crashPoints, errnos } from './syscalls.js';

export const families: readonly Family[] = [
  kills,
  crashPoints,
  errnos,
  fullDisk,
  fileLimit,
  splits,
  locks,
  corruption,
  clock,
  protocol,
  order,
  power,
];
