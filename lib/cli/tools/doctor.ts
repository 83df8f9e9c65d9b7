// `leat doctor`: what it declares; cli/doctor.ts does it.
import { text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

export const doctor = tool({
  name: 'doctor', summary: 'what an installation can do, or what a pipeline guarantees', synopsis: "['PIPELINE']", files: 'none', common: false,
  description: `Without an operand: the version of Node, whether the kernel can use SIMD and whether better-sqlite3 (for checkpoints and to sqlite) and zstd are there, and which short names of leat would hide a program of the system on PATH.

With a pipeline, as a text in quotes: what each part of it guarantees when it is killed and run again with --checkpoint, and what that makes of the whole; where it is less than exactly once, why, and what to write instead. The pipeline is not run and no input is read. It may hold other programs than leat's, and end in a redirection.`,
  options: { pipeline: text({ operand: true, meta: 'PIPELINE', only: /^/, help: 'tools with their options, parted by |' }) },
  memory: 'none', emits: 'at once', guarantees: 'Nothing is changed.', errors: ['E_USAGE', 'E_OPTION'],
  examples: [{ title: 'From the log to a file', run: `leat doctor "from access.ndjson --time ts | window 1m | agg 'count() as n' >> n.ndjson"`, files: { 'access.ndjson': '{"ts":0}\n' },
    stdout: `from      access.ndjson is a file: read again from the byte that was saved
window    keeps state in the checkpoint
agg       keeps state in the checkpoint
>>        cut back to what was committed, then written anew
exactly once, with --checkpoint DIR
` }],
});
