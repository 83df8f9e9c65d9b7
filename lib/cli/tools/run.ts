// `leat run`: a pipeline as one text, run in one process. The text is shell as people write it; of shell, only words, quotes, `|` and comments may occur.
import { checkpointOptions } from '../../spec/common.js';
import { file, flag, integer, text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

/** `leat run --checkpoint DIR -- CMD…`: the same tool, told by its `--`. */
export const supervised = tool({
  name: 'run', summary: 'run a command as one run of a checkpoint', synopsis: '--checkpoint DIR -- CMD…', files: 'none', common: false, description: '',
  options: { command: text({ operand: true, required: true, many: true, meta: 'CMD', help: 'the program and its words' }), checkpoint: checkpointOptions.checkpoint, reopen: checkpointOptions.reopen },
  memory: '', emits: '', guarantees: '', errors: [], examples: [],
});

export const run = tool({
  name: 'run', summary: 'run a whole pipeline in one process', synopsis: "'TOOL … | TOOL …'", files: 'any', common: false,
  description: `Runs the tools of a pipeline in one process: the same bytes as the pipe, without the work of writing and reading records between the stages. The text is what one would type in a shell: words, quotes, | and comments. Each stage is a leat tool with its options, written as window, leat window or leat-window. Variables, redirections, && and other programs are refused; use a real pipe for those.

FILE operands are the input of the first stage. With -f the pipeline is read from a file, where it may take several lines: a line may end with |, and # begins a comment.

With --bind FILE names in the pipeline stand for what FILE says of them: from access may be a file today and another one tomorrow, and the text stays as it is (leat help bindings).

With --checkpoint DIR the state of all stages is kept in DIR: the same call goes on where the last one stopped, was killed, or found the end of its input (leat help checkpoints).

leat run --checkpoint DIR -- CMD… runs CMD, most often bash -c '…', as one run of that checkpoint: for several sources or sinks as real processes, like leat join <(leat from a) <(leat from b) or tee >(…). It chooses the epoch that all of them go on from, tells them by LEAT_CHECKPOINT and LEAT_RUN, and ends what is left when CMD has ended. The exit status is that of CMD.`,
  options: {
    pipeline: text({ operand: true, required: true, meta: 'PIPELINE', help: 'tools with their options, parted by |' }),
    noFuse: flag({ help: 'each tool a process of its own, joined by pipes; the same bytes' }),
    jobs: integer(1, { meta: 'N', default: '1', help: 'threads that read large files and aggregate (default 1)' }),
    script: file({ short: 'f', meta: 'SCRIPT', help: 'read the pipeline from a file' }),
    bind: file({ meta: 'FILE', help: 'what the inputs and outputs are that the pipeline names' }),
    ...checkpointOptions,
  },
  memory: 'that of its tools', emits: 'as its tools do',
  guarantees: 'The bytes are those of the same tools joined by pipes.',
  errors: ['E_USAGE', 'E_OPTION', 'E_BINDING', 'E_FILE'],
  examples: [
    { title: 'Errors per minute and host', run: `leat run "filter 'status >= 500' | window 1m | agg 'count() as n by host'"`, stdin: '{"ts":1000,"status":500,"host":"a"}\n{"ts":2000,"status":200,"host":"a"}\n{"ts":61000,"status":503,"host":"b"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","host":"a","n":1}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","host":"b","n":1}\n' },
    { title: 'The pipeline in a file', run: 'leat run -f errors.leat access.ndjson', files: { 'errors.leat': "# what went wrong\nfilter 'status >= 500' |\n  map '{ path, status }'\n", 'access.ndjson': '{"path":"/a","status":500}\n{"path":"/b","status":200}\n' },
      stdout: '{"path":"/a","status":500}\n' },
    { title: 'The same text, bound to a file', run: "leat run --bind dev.yaml \"from access | window 1m | agg 'count() as n'\"", files: { 'dev.yaml': 'inputs:\n  access: { file: log.ndjson, time: at, delay: 5s }\n', 'log.ndjson': '{"at":1000}\n{"at":2000}\n' },
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","n":2}\n' },
  ],
});
