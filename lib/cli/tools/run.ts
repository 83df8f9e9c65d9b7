// `leat run`: a pipeline as one text. What of shell may occur in it: plan/shell.ts; how it is run: graph.ts where it is more than tools of leat in a line.
import { checkpointOptions, commonOptions } from '../../spec/common.js';
import { file, flag, integer, text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

/** `leat run --checkpoint DIR -- CMD…`: the same tool, told by its `--`. */
export const supervised = tool({
  name: 'run', summary: 'run a command as one run of a checkpoint', synopsis: '--checkpoint DIR -- CMD…', files: 'none', common: false, description: '',
  options: { command: text({ operand: true, required: true, many: true, meta: 'CMD', help: 'the program and its words' }), checkpoint: checkpointOptions.checkpoint, reopen: checkpointOptions.reopen },
  memory: '', emits: '', guarantees: '', errors: [], examples: [],
});

export const run = tool({
  name: 'run', summary: 'run a whole pipeline, in one process where it can be', synopsis: "'TOOL … | TOOL …'", files: 'any', common: false,
  description: `Runs a pipeline that is written as one would type it in a shell: words, quotes, | and comments; < FILE, > FILE and >> FILE; <( ) as an operand and >( ) behind tee; other programs than leat's. Variables, && and patterns without quotes are refused. Tools of leat in a line run in one process: the same bytes as the pipe, without the work of writing and reading records between the stages. A tool is named window, leat window or leat-window; any other name, or a path, is a program of the system, so tee is the system's, and sort, join, split and cat are leat's.

With other programs, <( ) and >( ) the pipeline is several processes, joined by pipes: neighbouring tools of leat share one. They are looked after as one. The exit status is that of the first part that failed by itself, in the order from the sources to the sinks, be it in <( ) or >( ): a part whose reader left (SIGPIPE) or whose upstream died (75), or that was ended because another one had failed, does not count. Where a tool of leat fails or a program is killed, or ends with a failure while it is still written to, the others are told to end; what is downstream of it ends with its input. Status 1 of another program, as of grep that found nothing, ends nobody. Ctrl-C and SIGTERM reach all tools of leat and the programs that read no other part; the second one kills. Nothing is left running: leat run waits for >( ), which bash does not. What >( ) prints goes to the standard output of the whole, not into the next program. --no-fuse makes each tool a process of its own.

FILE operands are the input of the first stage. With -f the pipeline is read from a file, where it may take several lines: a line may end with |, and # begins a comment.

With --bind FILE names in the pipeline stand for what FILE says of them: from access may be a file today and another one tomorrow, and the text stays as it is (leat help bindings).

--jobs N reads large files (16 MiB and more, not compressed, no pipe) with N threads, where the pipeline is made of filter, map, watermark and window (of time, no sessions), or goes on behind them with agg for final results: each thread works off a part of the file, and what it has come to is added in order. The bytes, messages and exit status are those of one thread. What is out of the ordinary is left to the first thread: a part with a bad or a late record is read once more by it, and where that happens again and again the others rest. All other pipelines and inputs, --functions, --max-keys, -S, --per, --idle, --max-ahead and runs with a checkpoint have one thread whatever N is. A thread that is started early costs some 50 ms of another core.

With --functions FILE the module FILE declares functions of your own for all expressions of the pipeline (leat help functions).

With --checkpoint DIR the state of all stages is kept in DIR: the same call goes on where the last one stopped, was killed, or found the end of its input (leat help checkpoints). Several sources and several sinks are one run of one checkpoint; parts are named by their first tool and their order in the text. Refused is what would not hold: another program inside the stream (wrap -- keeps it there), but for tee; > FILE, which empties what was committed; and a second end that writes to standard output. Several ends commit together: none that publishes (to files, to sqlite, to kafka, to exec --epoch) shows an epoch before all have committed it; so all ends must have the same sources, which a tee ahead of a cat or a join does not give, and that is refused where one of them publishes.

leat run --checkpoint DIR -- CMD… runs CMD, most often bash -c '…', as one run of that checkpoint: for shell that is more than a pipeline. It chooses the epoch that all of them go on from, tells them by LEAT_CHECKPOINT and LEAT_RUN, and ends what is left when CMD has ended. The exit status is that of CMD.`,
  options: {
    pipeline: text({ operand: true, required: true, meta: 'PIPELINE', help: 'tools with their options, parted by |' }),
    noFuse: flag({ help: 'each tool a process of its own, joined by pipes; the same bytes' }),
    jobs: integer(1, { meta: 'N', default: '1', help: 'threads that read large files (default 1)' }),
    functions: commonOptions.functions,
    script: file({ short: 'f', meta: 'SCRIPT', help: 'read the pipeline from a file' }),
    bind: file({ meta: 'FILE', help: 'what the inputs and outputs are that the pipeline names' }),
    ...checkpointOptions,
  },
  memory: 'that of its tools; --jobs: some 50 MB a thread more, and what 65,536 groups of it take, or 32 MB of output', emits: 'as its tools do',
  guarantees: 'The bytes are those of the same tools joined by pipes. No process that was started is left, and no file of a pipe.',
  errors: ['E_USAGE', 'E_OPTION', 'E_BINDING', 'E_FILE', 'E_PROGRAM', 'E_BUSY', 'E_CHECKPOINT'],
  examples: [
    { title: 'Errors per minute and host', run: `leat run "filter 'status >= 500' | window 1m | agg 'count() as n by host'"`, stdin: '{"ts":1000,"status":500,"host":"a"}\n{"ts":2000,"status":200,"host":"a"}\n{"ts":61000,"status":503,"host":"b"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","host":"a","n":1}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","host":"b","n":1}\n' },
    { title: 'jq in the middle, and a second input', run: `leat run "jq -c 'select(.n > 1)' a.ndjson | join -j id --table <(from csv --types id=number names.csv)"`, files: { 'a.ndjson': '{"id":1,"n":1}\n{"id":2,"n":2}\n{"id":1,"n":3}\n', 'names.csv': 'id,name\n1,ada\n2,bo\n' },
      stdout: '{"id":2,"n":2,"name":"bo"}\n{"id":1,"n":3,"name":"ada"}\n' },
    { title: 'The pipeline in a file', run: 'leat run -f errors.leat access.ndjson', files: { 'errors.leat': "# what went wrong\nfilter 'status >= 500' |\n  map '{ path, status }'\n", 'access.ndjson': '{"path":"/a","status":500}\n{"path":"/b","status":200}\n' },
      stdout: '{"path":"/a","status":500}\n' },
    { title: 'The same text, bound to a file', run: "leat run --bind dev.yaml \"from access | window 1m | agg 'count() as n'\"", files: { 'dev.yaml': 'inputs:\n  access: { file: log.ndjson, time: at, delay: 5s }\n', 'log.ndjson': '{"at":1000}\n{"at":2000}\n' },
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","n":2}\n' },
  ],
});
