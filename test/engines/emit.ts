// What `leat compile` makes of a pipeline for an engine, in this process: the files of the job, or why there is none.
import { createHash } from 'node:crypto';
import { LeatError } from '../../lib/errors.js';
import { planFrom } from '../../lib/cli/plan.js';
import { parseBindings } from '../../lib/plan/bindings.js';
import { optimise } from '../../lib/plan/optimise.js';
import { Binder } from '../../lib/plan/bound.js';
import { targets } from '../../lib/plan/targets/index.js';
import { Failure } from '../../lib/runtime/report.js';
import type { Plan } from '../../lib/plan/node.js';
import type { Equality } from '../../lib/plan/targets/target.js';
import type { Fields } from '../../lib/plan/types.js';
import { bindingOf } from './inputs.js';
import type { Engine } from './install.js';
import type { Pipeline } from './pipelines.js';

export type Emitted = { readonly files: Readonly<Record<string, string>>; readonly equality: Equality; /** Of the files. */ readonly hash: string } | { readonly refused: string };

/** Written to run in the folder that holds ENGINE/NAME. Errors: all that are not E_UNSUPPORTED: a pipeline of the table must be one, and its fields are known. */
export async function emit(engine: Engine, { name, text }: Pipeline): Promise<Emitted> {
  const target = targets.find((each) => each.name === engine);
  if (target === undefined) return { refused: 'there is no such target' };
  try {
    const { files, equality } = target.compile(await planOf(text), { out: `${engine}/${name}/out` }), hash = createHash('sha256');
    for (const [file, content] of Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1)) hash.update(`${file}\n${content}\n`);
    return { files, equality, hash: hash.digest('hex').slice(0, 16) };
  } catch (thrown) {
    const error = thrown instanceof Failure ? thrown.error : thrown;
    if (error instanceof LeatError && error.code === 'E_UNSUPPORTED') return { refused: error.message };
    throw thrown;
  }
}

const planOf = async (text: string): Promise<Plan> => optimise(await planFrom(text, { binder: new Binder(await parseBindings(bindingOf(text), 'binding.json'), () => true) }));

/** Of the records that come out; undefined: the plan does not know. */
export const fieldsOf = async (text: string): Promise<Fields | undefined> => (await planOf(text)).sinks[0]?.fields;
