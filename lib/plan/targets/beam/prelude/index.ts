// Every helper that a job may have, by its name, in the order in which they stand in one.
import { aggregates } from './aggregates.js';
import { calls } from './calls.js';
import { others } from './others.js';
import { stages } from './stages.js';
import { time } from './time.js';
import { values } from './values.js';

export const prelude: Readonly<Record<string, string>> = { ...values, ...others, ...time, ...calls, ...aggregates, ...stages };
