// The families of faults, in the order in which they are run. EXACTLY-ONCE section 11 has the plan that they follow.
import type { Family } from './family.js';
import { kills } from './kills.js';
import { order } from './order.js';
import { power } from './power.js';
import { protocol } from './protocol.js';
import { crashPoints, errnos } from './syscalls.js';

export const families: readonly Family[] = [
  kills,
  crashPoints,
  errnos,
  protocol,
  order,
  power,
];
