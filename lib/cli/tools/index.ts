// Every command, in the order of help: the tools of the registry, then those of the driver itself.
import { tools } from '../../registry.js';
import type { ToolSpec } from '../../spec/tool.js';
import { compile } from './compile.js';
import { completion } from './completion.js';
import { doctor } from './doctor.js';
import { explain } from './explain.js';
import { help } from './help.js';
import { run } from './run.js';
import { state } from './state.js';

export const commands: readonly ToolSpec[] = [...tools, run, explain, compile, state, doctor, help, completion];
export const command = (name: string): ToolSpec | undefined => commands.find((each) => each.name === name);
