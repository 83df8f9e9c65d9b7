// cat: several inputs as one stream, their control lines merged. What the tool declares; runtime/merge.ts does it.
import { tool } from '../spec/tool.js';

export const cat = tool({
  name: 'cat', summary: 'several inputs as one stream, control lines merged', synopsis: '', files: 'any', common: true,
  description: `Plain inputs are written one after another. Managed streams (named pipes, <(…)) are merged in event-time order: a record goes out once no other input can bring an earlier one, ties in the order of the operands. The watermark is the least one of the inputs; an ended input holds nothing back.

The system's cat would put a second hello in the middle of the first stream; the tool behind it says so and ends with exit status 65.`,
  options: {}, memory: 'plain inputs: none; managed streams: records that wait for a slower input', emits: 'plain inputs: at once; managed streams: when the watermark of every input has passed the record',
  guarantees: 'Records pass with their original bytes. The order does not depend on which input was faster.',
  errors: ['E_FILE', 'E_JSON', 'E_UPSTREAM', 'E_TWO_STREAMS'],
  examples: [{ title: 'Two files as one', run: 'leat cat a.ndjson b.ndjson', files: { 'a.ndjson': '{"n":1}\n', 'b.ndjson': '{"n":2}\n' }, stdout: '{"n":1}\n{"n":2}\n' }],
});
