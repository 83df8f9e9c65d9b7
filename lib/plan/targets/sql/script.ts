// The parts of a script that every engine has: what it begins with, the result of each sink with the SELECTs that it needs, and what is known of an input's fields.
// Must not: write statements of an engine.
import type { Plan } from '../../node.js';
import type { Node } from '../../node.js';
import { nullable } from '../../fields.js';
import type { Fields } from '../../types.js';
import { unknown } from '../refuse.js';
import { bare } from './dialect.js';
import { emitCondition } from './expression.js';
import type { Job } from './job.js';
import { itemsText } from './relation.js';
import type { Items, Relation } from './relation.js';

/** Comments that say what the job is. */
export const inputText = ({ text }: Plan, title: string): string => `-- ${title}: a job made by leat compile. The pipeline:\n${text.trim().split('\n').map((line) => `--   ${line}`).join('\n')}\n`;

/** Fields of a source. Errors: E_SCHEMA where they are not known. */
export function sourceFields({ source, spot }: Node, job: Job): Fields {
  const { name, fields, at } = source!;                    // `!`: of a source
  if (fields !== undefined) return new Map([...fields].map(([field, type]) => [field, nullable(type)]));
  const file = at.kind === 'files' ? at.paths[0] : at.kind === 'topic' ? 'a file with some of its records' : 'FILE';
  return unknown(`${job.dialect.name}: the fields of ${name === '-' ? 'standard input' : name} and their types are not known`, `leat describe --schema ${file} > schema.json; then --schema ${name === '-' ? '' : `${name}=`}schema.json, or schema: in a binding`, spot);
}

export interface Result { readonly path: string; readonly text: string; readonly node: Node; readonly relation: Relation; readonly items: Items }

/** The result of each sink, and of late records: a SELECT under the names that leat writes. `out`: what stands for standard output. */
export function finish(job: Job, out: string, isOrdered: (node: Node) => boolean = () => true, isWith = true): readonly Result[] {
  const results: Result[] = [];
  for (const node of job.plan.sinks) {
    const { at } = node.sink!, relation = job.relation(node.inputs[0]);   // `!`: of a sink
    if (at.kind === 'other') job.refuse(node, `${at.tool} is leat's own; a job writes NDJSON`, 'to file PATH');
    if (at.kind === 'topic' && job.dialect.name !== 'flink') job.refuse(node, `${job.dialect.title} writes no topics`, '--to flink');
    results.push(result(node, relation, at.kind === 'file' ? at.path : at.kind === 'topic' ? at.topic : out));
  }
  for (const { file, relation, node } of job.late) results.push(result(node, relation, file));
  return results;

  function result(node: Node, relation: Relation, path: string): Result {
    const { dialect } = job, items: Items = new Map();
    for (const [name, column] of relation.columns) {
      if (column.isAbsent === true) job.refuse(node, `nothing is known of the type of ${name}, so ${dialect.title} cannot write it`, `leat map --drop ${name}; or a schema that names its type`);
      items.set(dialect.identifier(name), column.as === undefined ? column.sql : dialect.timeText(column));
    }
    if (items.size === 0) job.refuse(node, 'the records have no fields', 'a field');
    const order = isOrdered(node) && relation.order !== undefined && relation.order.length > 0 ? `\nORDER BY ${relation.order.join(', ')}` : '';
    return { path, node, relation, items, text: `${isWith ? withText(job, relation.from) : ''}SELECT ${itemsText(items)}\nFROM ${relation.from}${order}` };
  }
}

/** WITH and the SELECTs that these need, each with the text of its stage. */
export const withText = (job: Job, ...names: readonly string[]): string =>
  `WITH\n${job.with(...names).map(({ name, comment, body }) => `${comment === '' ? '' : `-- ${comment}\n`}${name} AS (${body})`).join(',\n')}\n`;

/** What passes records as they are. */
export const passing = (node: Node, job: Job): Relation => job.relation(node.inputs[0]);

/** One output of split. */
export function part(node: Node, job: Job): Relation {
  const from = job.relation(node.inputs[0]), { part: at } = node.params as { part: number }, { when, each } = node.inputs[0].params as { when: readonly { readonly condition: Parameters<typeof emitCondition>[0]; readonly file: string }[]; each: boolean }, scope = job.scope(from, node);
  const holds = (i: number): string => `COALESCE(${emitCondition(when[i].condition, scope)}, FALSE)`, none = (upTo: number): string[] => when.slice(0, upTo).map((_, i) => `NOT ${holds(i)}`);
  const isOnward = (i: number): boolean => when[i].file === '-';   // what a condition sends on goes with the rest
  const rest = each ? [[...none(when.length).length > 0 ? [`(${none(when.length).join(' AND ')})`] : [], ...when.flatMap((_, i) => isOnward(i) ? [holds(i)] : [])].join(' OR ')] : [`CASE ${when.map((_, i) => `WHEN ${holds(i)} THEN ${isOnward(i) ? 'TRUE' : 'FALSE'}`).join(' ')} ELSE TRUE END`];
  const all = at < 0 ? rest : each ? [holds(at)] : [...none(at), holds(at)];
  return all.length === 0 ? from : job.where(node, from, bare(all.join(' AND ')));
}
