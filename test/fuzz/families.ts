// All families, in the order of the report.
import { dedups } from './dedup.js';
import type { Family } from './family.js';
import { groups } from './groups.js';
import { joins } from './joins.js';
import { overs } from './over.js';
import { sorts } from './sort.js';
import { windows } from './windows.js';

export const families: readonly Family[] = [...windows, ...groups, ...sorts, ...dedups, ...overs, ...joins];
