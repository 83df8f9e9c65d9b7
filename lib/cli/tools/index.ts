// Every command, in the order of help: the tools of the registry, then those of the driver itself.
import { tools } from '../../registry.js';
import type { ToolSpec } from '../../spec/tool.js';
import { completion } from './completion.js';
import { help } from './help.js';
import { run } from './run.js';

export const commands: readonly ToolSpec[] = [...tools, run, help, completion];
export const command = (name: string): ToolSpec | undefined => commands.find((each) => each.name === name);
