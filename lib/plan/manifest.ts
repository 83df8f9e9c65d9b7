// manifest.json of a job: what it was made of, how equal its results are and on which assumptions. The same text for the same pipeline: no times, no paths of a machine but those that were given.
// Must not: hash by itself (the caller hands that in: this room imports nothing of Node).
import { fieldsText } from './text.js';
import type { Node, Plan } from './node.js';
import type { Job, Target } from './targets/target.js';

export interface Made { readonly plan: Plan; readonly target: Target; readonly job: Job; readonly leat: string; /** Outputs as the job has them, where the target does not say. */ readonly outputs: readonly string[] }

export function manifest({ plan, target, job, leat, outputs }: Made, sha256: (text: string) => string): string {
  const sources: Node[] = [], seen = new Set<Node>();
  const walk = (node: Node): void => { if (seen.has(node)) return; seen.add(node); node.inputs.forEach(walk); if (node.source !== undefined) sources.push(node); };
  plan.sinks.forEach(walk);
  return `${JSON.stringify({
    leat, target: target.name, version: target.version,
    pipeline: plan.text, pipeline_sha256: sha256(plan.text),
    files: Object.fromEntries(Object.entries(job.files).map(([name, text]) => [name, sha256(text)])),
    equality: job.equality, assumptions: job.assumptions,
    inputs: sources.sort((a, b) => a.id - b.id).map(({ source }) => ({ name: source!.name, role: source!.role, at: source!.at, fields: fieldsText(source!.fields) })),   // `!`: gathered by it
    outputs: job.outputs ?? outputs, results: plan.sinks.map(({ fields, sink }) => ({ name: sink?.name ?? '-', fields: fieldsText(fields) })),
  }, undefined, 2)}\n`;
}
