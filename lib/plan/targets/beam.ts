// The target beam: one Python file for the Beam SDK, run in the process by FnApiRunner. What it can say, and how a job's text is put together; beam/ has the parts.
import type { Feature } from '../../registry.js';
import type { Plan } from '../node.js';
import { aggregateNames } from './beam/aggregates.js';
import { functionNames } from './beam/functions.js';
import { Job } from './beam/job.js';
import { makeNode } from './beam/operators.js';
import { comment, importsOf, text } from './beam/python.js';
import { can, unsupported } from './target.js';
import type { Can, CompileOptions, Job as Compiled, Target } from './target.js';

const onTime = can('exact if nothing is late'), group = 'the records of one key and window fit into memory';
const batch = (what: string): Can => unsupported(`${what}: the job reads its input to the end, and nothing is early or late there`, 'leat run');

const features: Readonly<Record<Feature, Can>> = {
  filter: can(), map: can(), 'map.explode': can(), 'map.flatten': can(),
  watermark: onTime, 'watermark.per': onTime,
  'window.tumbling': onTime, 'window.hopping': onTime, 'window.cumulative': onTime, 'window.session': can('exact if nothing is late', 'Beam parts records of a session at a distance of the gap, so that the job asks for 1 ms more'),
  'window.count': can(),
  'window.calendar': can('exact if nothing is late', 'the zones of Python (tzdata) are those of this machine'), 'window.late-file': batch('late records in a file'),
  agg: can('exact', group), 'agg.changes': batch('agg --emit changes'), 'agg.every': batch('agg --every'),
  'agg.fill': unsupported('agg --fill: nothing tells Beam which windows have no records', 'leave --fill out, or leat run'),
  'agg.over': onTime, 'agg.late-file': batch('late records in a file'),
  sort: can('exact', 'all records fit into the memory of one worker, for they leave in order'), 'sort.window': can('exact if nothing is late', group), 'sort.top': can(),
  'sort.by-time': onTime, 'sort.check': unsupported('sort --check answers by its exit status', 'leat sort --check'),
  'dedup.first': can('exact', group), 'dedup.last': can('exact', group), 'dedup.within': onTime, 'dedup.within-last': onTime, 'dedup.late-file': batch('late records in a file'),
  'join.interval': onTime, 'join.window': onTime, 'join.table': can('exact', group), 'join.asof': onTime, 'join.bounded': can('exact', group), 'join.outer': can(), 'join.semi': can(),
  'split.first': can(), 'split.each': can(),
  merge: unsupported('leat merge watches how files are published while it reads', 'leat merge of what the job has written'),
  describe: unsupported('leat describe looks at every field of every record', 'leat describe'), 'describe.schema': unsupported('leat describe looks at every field of every record', 'leat describe --schema'),
};

function compile(plan: Plan, { functions = [], out }: CompileOptions = {}): Compiled {
  const own = new Map(functions.flatMap(({ name, args, python }) => python === undefined ? [] : [[name, callable(python, args.length)] as const]));
  const job = new Job(plan, features, own, makeNode);
  for (const sink of plan.sinks) job.of(sink);
  return { files: { 'job.py': jobText(plan, job, basename(out ?? 'out')) }, equality: job.equality, outputs: [...job.sinks.values()].map((path) => path === '' ? out ?? 'out' : path), assumptions: [...job.assumptions] };
}

/** An expression with $1, $2 for its arguments, as a lambda; without them, of a function that has some, it is callable as it stands. */
function callable(python: string, count: number): string {
  if (count > 0 && !/\$\d/.test(python)) return python;
  return `lambda${Array.from({ length: count }, (_, i) => `${i === 0 ? ' ' : ', '}a${i + 1}`).join('')}: ${python.replaceAll(/\$(\d+)/g, 'a$1')}`;
}

/** What would go to standard output goes beside the job. */
const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function jobText(plan: Plan, job: Job, out: string): string {
  const table = (of: ReadonlyMap<string, string>): string => `{${[...of].map(([name, said]) => `${text(name)}: ${said}`).join(', ')}}`;
  const inputs = table(new Map([...job.sources].map(([name, paths]) => [name, `[${paths.map(text).join(', ')}]`])));
  const outputs = table(new Map([...job.sinks].map(([name, path]) => [name, path === '' ? `os.path.join(os.path.dirname(os.path.abspath(__file__)), ${text(out)})` : text(path)])));
  for (const name of ['decode', 'encode', 'is_record', 'matching', ...job.called.size > 0 ? ['own'] : []]) job.use(name);
  const called = [...job.called].map(([name, python]) => `own_${name} = own(${python})`), helpers = job.helpers.all();
  const main = `def run(argv=None):
    parser = argparse.ArgumentParser(description="Reads and writes NDJSON; other options are Beam's.")
    parser.add_argument("--input", metavar="NAME=PATH", action="append", default=[], help="other files for an input: " + ", ".join(INPUTS))
    parser.add_argument("--output", metavar="NAME=PATH", action="append", default=[], help="another file for an output: " + ", ".join(OUTPUTS))
    given, options = parser.parse_known_args(argv)
    inputs, outputs = {**INPUTS}, {**OUTPUTS}
    for said, names in ((given.input, inputs), (given.output, outputs)):
        for name, _, path in (one.rpartition("=") for one in said):
            if name not in names: parser.error(f"{name} is none of " + ", ".join(names))
            names[name] = [path] if names is inputs else path
    if not any(option.startswith("--runner") for option in options): options.append("--runner=FnApiRunner")
    with tempfile.TemporaryDirectory() as folder:
        if any("-" in paths for paths in inputs.values()):        # standard input is read once, into a file
            stdin = os.path.join(folder, "stdin.ndjson")
            with open(stdin, "wb") as copy: shutil.copyfileobj(sys.stdin.buffer, copy)
            inputs = {name: [stdin if path == "-" else path for path in paths] for name, paths in inputs.items()}
        with beam.Pipeline(options=PipelineOptions(options)) as p: build(p, inputs, outputs)
`;
  const body = `${['sys.set_int_max_str_digits(0)                                # integers of any size', ...helpers].join('\n\n')}

# ---- the stages ----
INPUTS = ${inputs}
OUTPUTS = ${outputs}
${[...called, ...job.definitions].map((each) => `\n${each}\n`).join('')}
def build(p, inputs, outputs):
    """The pipeline: a step of the text each."""
${job.steps.map((step) => step.replaceAll(/^/gm, '    ')).join('\n')}

${main}
if __name__ == "__main__": run()
`;
  const whole = `import argparse, shutil, tempfile\n${importsOf(`${body}\n`)}import apache_beam as beam\nfrom apache_beam.options.pipeline_options import PipelineOptions\n`;
  return `#!/usr/bin/env python3
${comment(`Made by leat compile --to beam, for apache-beam ${beam.version} and Python 3.10 or later, of:\n${plan.text.trim().split('\n').map((line) => `  ${line}`).join('\n')}`)}
${whole}
# ---- values as leat has them ----
${body}`;
}

export const beam: Target = Object.freeze({
  name: 'beam', version: '2.77.0', can: features, functions: functionNames, aggregates: aggregateNames, compile, run: { program: 'python3', words: ['job.py'] },
} satisfies Target);
