// map: fields set, renamed, dropped, flattened, arrays taken apart; or a new record from an object.
// State: none. Order: input order. Every expression sees the record as it came in (after --explode); bytes that no edit touches stay as they are.
import { LeatError } from '../errors.js';
import type { Edit, Field } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { Elements, tagAt } from '../record/json.js';
import { numberOf, numberTag } from '../record/number.js';
import { ColumnBuilder } from '../record/build.js';
import { pathText, startsWith } from '../record/path.js';
import type { Path } from '../record/path.js';
import type { Expression, MapText } from '../expr/expression.js';
import { flag, mapping, paths, renames, text } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import { copier } from './window/copies.js';

export const map = operator({
  name: 'map', summary: 'compute, rename, drop and flatten fields', inputs: 1, synopsis: '[EXPRS]', files: 'any', common: true,
  description: `EXPRS is a list 'expr as name, …' that sets fields: an existing one is replaced where it stands, a new one is appended, in the order listed. Every expression sees the record as it came in. A null is written as null. A bare path keeps its name. A name may be a path (user.country), made where it is missing.

EXPRS may instead be one object, '{…}', which replaces the record; ...path in it spreads the fields of an object, ..._ all fields of the record.

The options are applied in this order: explode, EXPRS, rename, drop, flatten. After the event-time field has been changed or dropped the stream has no event time; the watermark reached so far is kept.`,
  options: {
    exprs: mapping({ operand: true, meta: 'EXPRS', help: "'expr as name, …' or '{…}'" }),
    explode: mapping({ meta: 'PATH[ as NAME]', help: 'one record per element of that array; an empty or missing one gives none' }),
    keepEmpty: flag({ help: 'with --explode: an empty or missing array gives one record, with null' }),
    rename: renames({ meta: "'OLD as NEW, …'", help: 'another name for a field, where it stands' }),
    drop: paths({ meta: "'PATH, …'", help: 'leave out fields' }),
    flatten: text({ meta: 'SEP', optional: true, help: 'nested objects become fields joined by SEP (default .)' }),
  },
  memory: 'none', emits: 'at once, in input order',
  guarantees: 'Fields that no expression names keep their bytes; a field that is copied keeps its text (1.0 stays 1.0).',
  errors: ['E_JSON', 'E_SYNTAX', 'E_FUNCTION', 'E_TYPE', 'E_OVERFLOW', 'E_REGEX'], state: 0,
  examples: [
    { title: 'A computed field', run: "leat map 'bytes / 1024 as kib'", stdin: '{"path":"/a","bytes":2560}\n', stdout: '{"path":"/a","bytes":2560,"kib":2.5}\n' },
    { title: 'A new record from some fields', run: "leat map '{ path, ok: status < 400, ...user }'", stdin: '{"path":"/a","status":200,"user":{"id":7}}\n', stdout: '{"path":"/a","ok":true,"id":7}\n' },
    { title: 'One record per tag', run: "leat map --explode 'tags as tag' --drop tags", stdin: '{"id":1,"tags":["a","b"]}\n', stdout: '{"id":1,"tag":"a"}\n{"id":1,"tag":"b"}\n' },
    { title: 'Flat records for a table', run: 'leat map --flatten=_', stdin: '{"id":1,"user":{"name":"Ann","geo":{"c":"FR"}}}\n', stdout: '{"id":1,"user_name":"Ann","user_geo_c":"FR"}\n' },
  ],
  features: { map: 'fields computed, renamed and dropped', 'map.explode': 'one record per element of an array', 'map.flatten': 'nested objects become top-level fields' },
  plan({ exprs, explode, rename, drop, flatten, keepEmpty }, [input]) {
    if (exprs === undefined && explode === undefined && rename === undefined && drop === undefined && flatten === undefined) {
      throw new LeatError('E_USAGE', { what: 'nothing to do: no EXPRS, and none of --explode, --rename, --drop, --flatten', help: "leat map 'bytes / 1024 as kib'" });
    }
    if (keepEmpty && explode === undefined) throw new LeatError('E_USAGE', { what: '--keep-empty belongs to --explode', help: "leat map --explode tags --keep-empty" });
    for (const { expression } of rename ?? []) fields(expression.path!, expression.spot);
    const changed: Path[] = [];
    if (exprs !== undefined && 'sets' in exprs) for (const { name, expression } of exprs.sets) { fields(name, expression.spot); if (expression.path === undefined || pathText(expression.path) !== pathText(name)) changed.push(name); }
    if (explode !== undefined) changed.push(exploded(explode).name);
    for (const { expression } of rename ?? []) changed.push(expression.path!);
    for (const path of drop ?? []) changed.push(path);
    const { event, ...rest } = input;
    const isLost = event === undefined || (exprs !== undefined && 'object' in exprs) || changed.some((path) => startsWith(event.path, path) || startsWith(path, event.path)) || (flatten !== undefined && event.path.length > 1);
    return { out: isLost ? rest : input, uses: explode !== undefined ? ['map', 'map.explode'] : flatten !== undefined ? ['map', 'map.flatten'] : ['map'] };
  },
  create({ exprs, explode, keepEmpty, rename, drop, flatten }, ctx) {
    const edits: ((batch: Parameters<Field>[0]) => Edit[])[] = [];
    if (exprs !== undefined && 'object' in exprs) {
      const object = exprs.object.field(ctx);
      edits.push((batch) => [{ clear: true }, { spread: object(batch) }]);
    } else if (exprs !== undefined) {
      const sets = exprs.sets.map(({ name, expression }) => ({ set: name, field: expression.field(ctx), parents: name.slice(1).map((_, i) => ({ path: name.slice(0, i + 1), field: ctx.stands(name.slice(0, i + 1)) })), spot: expression.spot }));
      for (const { set } of sets) ctx.stands(set);
      edits.push((batch) => {
        for (const { parents, set, spot } of sets) for (const { path, field } of parents) {
          const column = field(batch);
          for (const row of batch.rows) if (column.tag[row] !== Tag.Object && column.tag[row] !== Tag.Null) {
            ctx.bad(batch, row, 'E_TYPE', { what: `${pathText(set)} cannot be set: ${pathText(path)} is no object`, help: 'another name, or --drop it first' }, spot);
          }
        }
        return sets.map(({ set, field }) => ({ set, to: field(batch) }));
      });
    }
    const fixed: Edit[] = [
      ...(rename ?? []).map(({ expression, name }): Edit => ({ rename: expression.path!, as: String(name[name.length - 1]) })),
      ...(drop ?? []).map((path): Edit => ({ drop: path })),
      ...flatten === undefined ? [] : [{ flatten: flatten === '' ? '.' : flatten }],
    ];
    // A name that nobody has is most likely misspelt: asked for, it is told. What this map makes itself is none.
    const made = [...exprs !== undefined && 'sets' in exprs ? exprs.sets.map(({ name }) => name) : [], ...explode === undefined ? [] : [exploded(explode).name], ...(rename ?? []).map(({ expression, name }) => [...expression.path!.slice(0, -1), name[name.length - 1]])];
    const gone = exprs !== undefined && 'object' in exprs ? [] : [...(rename ?? []).map(({ expression }) => expression.path!), ...drop ?? []].filter((path) => !made.some((name) => startsWith(name, path) || startsWith(path, name)));
    let asked = gone.map((path) => ctx.field(path));
    const change = (batch: Parameters<Field>[0]) => {
      for (const field of asked) field(batch);             // once: what a stage before has made, it makes in the first batch too
      asked = [];
      return edited(batch);
    };
    const edited = (batch: Parameters<Field>[0]) => batch.edit(...edits.flatMap((edit) => edit(batch)), ...fixed);
    if (explode === undefined) return { rows: ({ batch }, emit) => emit.batch(change(batch)), parts: {} };
    const { expression, name } = exploded(explode);
    const array = expression.field(ctx), copies = copier(ctx);
    ctx.stands(name);
    return { parts: {}, rows(run, emit) {
      const { batch } = run, column = array(batch);
      for (const row of batch.rows) if (column.tag[row] !== Tag.Array && column.tag[row] !== Tag.Null) {
        ctx.bad(batch, row, 'E_TYPE', { what: `${pathText(expression.path!)} is no array`, help: '' }, expression.spot);
      }
      const rows: number[] = [], value = new ColumnBuilder().begin(0), list = new Elements();
      const places: number[] = [];                       // start and end of each element; 0, 0: null
      for (let row = run.next(); row >= 0; row = run.next()) {
        const before = rows.length;
        if (column.tag[row] === Tag.Array) for (list.open(column.bytes, column.start[row], column.end[row]); list.next();) { rows.push(row); places.push(list.start, list.end); }
        if (rows.length === before && keepEmpty) { rows.push(row); places.push(0, 0); }
      }
      value.begin(rows.length, column.bytes);
      for (let i = 0; i < rows.length; i++) {
        const start = places[2 * i], end = places[2 * i + 1];
        if (start === end) { value.setNull(i); continue; }
        const tag = tagAt(column.bytes, start), number = tag === Tag.Number ? numberOf(column.bytes, start, end) : 0;
        value.setSpan(i, tag === Tag.Number ? numberTag(column.bytes, start, end, number) : tag, number, column.bytes, start, end, true);
      }
      emit.batch(change(copies(batch, Uint32Array.from(rows)).edit({ set: name, to: value.take() })));
    } };
  },
});

/** The array that --explode names, and the field that gets its elements. */
function exploded(text: MapText): { readonly expression: Expression; readonly name: Path } {
  const [one, ...more] = 'sets' in text ? text.sets : [];
  if (one === undefined || more.length > 0 || one.expression.path === undefined) {
    throw new LeatError('E_OPTION', { what: '--explode takes one field', help: "--explode tags, or --explode 'tags as tag'" });
  }
  return { expression: one.expression, name: one.name };
}

/** Paths of fields only: an element of an array cannot be set or dropped by itself. */
function fields(path: Path, spot: { text: string; start: number; end: number }): void {
  if (path.length === 0 || path.some((step) => typeof step === 'number')) throw new LeatError('E_SYNTAX', { why: 'expected the name of a field', help: 'an element of an array has no name of its own' }, spot);
}
