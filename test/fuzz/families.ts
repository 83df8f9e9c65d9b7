// All families, in the order of the report.
import { dedups } from './dedup.js';
import { overs } from './over.js';
import type { Family } from './family.js';
import { groups } from './groups.js';
import { windows } from './windows.js';

export const families: readonly Family[] = [...windows, ...groups, ...dedups, ...overs];
