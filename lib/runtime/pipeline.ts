// What cli hands to the runtime: parsed stages and operands, before any byte is read.
import type { ToolSpec } from '../spec/tool.js';

/** Values of the options that every tool has (spec/common.ts). */
export interface CommonValues {
  /** `fail`, `skip` or a file. */
  readonly bad?: string;
  readonly strict?: boolean;
  readonly arg?: readonly (readonly [string, string])[];
  readonly argjson?: readonly (readonly [string, string])[];
  readonly plain?: boolean;
  readonly managed?: boolean;
  readonly stats?: string;
  readonly quiet?: boolean;
  readonly progress?: 'auto' | 'on' | 'off';
  readonly maxLine?: number;
  readonly checkpoint?: string;
  readonly id?: string;
  readonly drain?: boolean;
  readonly pause?: boolean;
  readonly checkpointEvery?: number;
  readonly reopen?: boolean;
}
export interface Stage { readonly spec: ToolSpec; /** The call as a checkpoint knows it: what results depend on. */ readonly said?: string; readonly values: any; readonly common: CommonValues;   // `any`: each spec has its own values
  /** The right input of a tool with two: its operand. */
  readonly right?: string;
  /** The words that it was called with, where another thread may read them once more. */
  readonly words?: readonly string[] }
export interface Pipeline {
  readonly stages: readonly Stage[];
  /** FILE operands of the first stage; none: standard input. */
  readonly files: readonly string[];
}
