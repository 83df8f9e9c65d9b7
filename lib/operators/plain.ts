// plain: the records of a stream without its control lines, for a program that parses every line. What the tool declares; the runtime's plain sink does it.
import { tool } from '../spec/tool.js';

export const plain = tool({
  name: 'plain', summary: 'strip control lines', synopsis: '', files: 'any', common: true,
  description: 'Writes the records of a stream and nothing else: for programs at the end of a pipe that parse every line (Python\'s json.loads, ndjson-cli). leat agg writes plain results by itself, and so does every tool with -p or LEAT_PLAIN=1.',
  options: {}, memory: 'none', emits: 'at once, in input order', guarantees: 'Records pass with their original bytes. A stream whose upstream died ends with exit status 75.',
  errors: ['E_JSON', 'E_UPSTREAM'],
  examples: [{ title: 'Windows for a program that does not know leat', run: 'leat window 1m --epoch | leat plain', stdin: '{"ts":0}\n', stdout: '{"ts":0,"window_start":0,"window_end":60000}\n' }],
});
