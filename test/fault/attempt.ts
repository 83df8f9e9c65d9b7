// Tasks of one family, one after the other, until one finds something wrong; on the sources that stand where this process runs. Arguments: family, part of a task's name, how many
// tasks are planned ('' as many as in a full run), seed. Prints one line of JSON: { injected, task?, wrong? } or { skipped }.
import { families } from './families.js';

const [name = '', wanted = '', rounds = '', seed = '1'] = process.argv.slice(2), family = families.find((each) => each.name === name);
if (family === undefined) throw new Error(`no family is called ${name}`);

async function attempt(): Promise<object> {
  const plan = await family!.plan(rounds === '' ? family!.full : Number(rounds), Number(seed));   // `!`: looked at above
  if ('skipped' in plan) return { skipped: plan.skipped };
  let injected = 0;
  for (const task of plan.filter((each) => each.name.includes(wanted))) {
    const outcome = await task.run().catch((error: unknown) => ({ injected: 0, wrong: [error instanceof Error ? error.message : String(error)] }));
    injected += outcome.injected;
    if (outcome.wrong.length > 0) return { injected, task: task.name, wrong: outcome.wrong[0] };
  }
  return { injected };
}
process.stdout.write(`${JSON.stringify(await attempt())}\n`, () => process.exit(0));       // a bug may leave something open
