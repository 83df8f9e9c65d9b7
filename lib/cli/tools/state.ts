// `leat state`: what it declares; cli/state.ts does it.
import { choice, text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

export const actions = ['ls', 'show', 'verify', 'rm'] as const;

export const state = tool({
  name: 'state', summary: 'look at a checkpoint, check it, or remove it', synopsis: 'ls|show|verify|rm DIR', files: 'none', common: false,
  description: `DIR is what --checkpoint named. No pipeline is run, and but for rm nothing is changed; a run that is at work is not disturbed.

ls: a line for each stage that keeps state: its name there (--id), how many bytes its newest state has, of which epoch, and its command.

show: everything as one JSON object: when it was made, the last attempts, the epochs that are committed, each with what the output must be, and where reading stands in each input.

verify: reads all of it and checks every checksum. Status 0: a run can go on from it; 78: it is damaged, and the message says what is.

rm: removes DIR with all that is in it, if it is a checkpoint and no run uses it (status 75). Outputs are not touched. The next run begins anew: with >> that means that results which are already there come a second time.`,
  options: {
    action: choice(actions, { operand: true, required: true, meta: 'ls|show|verify|rm', help: 'what to do' }),
    dir: text({ operand: true, required: true, meta: 'DIR', help: 'the folder of the checkpoint' }),
  },
  memory: 'show, verify: the largest state of a stage', emits: 'at once', guarantees: 'Only rm changes anything.', errors: ['E_STATE', 'E_BUSY', 'E_UNSAFE', 'E_PACKAGE', 'E_USAGE'],
  examples: [{ title: 'After a run', run: 'leat run --checkpoint st "map \'{ id }\'" a.ndjson && leat state verify st', files: { 'a.ndjson': '{"id":1,"ts":0}\n' }, stdout: '{"id":1}\n' }],
});
