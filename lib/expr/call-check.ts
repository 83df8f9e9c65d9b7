// Calls: which function is meant, with how many arguments, and what to say to those who know another language's names. Owns: the lists of foreign names.
// Must not: define functions.
import type { CallExpression, Expression, Identifier, Super } from 'acorn';
import { LeatError } from '../errors.js';
import { signature } from './functions/function.js';
import type { ArgType, FunctionSpec } from './functions/function.js';
import { functionNames, functionOf } from './functions/user.js';
import { nearest } from '../record/nearest.js';
import { fault, spotOf } from './syntax.js';
import type { Range, Syntax } from './syntax.js';

/** Names of SQL, JavaScript, jq, awk and others, and ours. */
const foreign: ReadonlyMap<string, string> = new Map(Object.entries({
  len: 'length', char_length: 'length', character_length: 'length', size: 'length', cardinality: 'length', array_length: 'length',
  tolowercase: 'lower', lowercase: 'lower', lcase: 'lower', ascii_downcase: 'lower', downcase: 'lower', touppercase: 'upper', uppercase: 'upper', ucase: 'upper', ascii_upcase: 'upper', upcase: 'upper',
  strip: 'trim', btrim: 'trim', ltrim: 'trim_start', lstrip: 'trim_start', trimstart: 'trim_start', trimleft: 'trim_start', rtrim: 'trim_end', rstrip: 'trim_end', trimend: 'trim_end', trimright: 'trim_end',
  substr: 'slice', substring: 'slice', mid: 'slice', charat: 'slice', at: 'get', array_slice: 'slice', list_slice: 'slice',
  gsub: 'replace', sub: 'replace', replaceall: 'replace', replace_all: 'replace', regexp_replace: 'replace', regex_replace: 'replace', translate: 'replace',
  regexp_matches: 'matches', regexp_like: 'matches', regex_match: 'matches', rlike: 'matches', like: 'matches', test: 'matches', match: 'matches', is_match: 'matches', search: 'matches',
  regexp_extract: 'extract', regexp_substr: 'extract', regexp_extract_all: 'extract_all', matchall: 'extract_all', scan: 'extract_all', capture: 'extract',
  string_split: 'split', str_split: 'split', strsplit: 'split', split_part: 'split', string_to_array: 'split', string_agg: 'join', array_to_string: 'join', list_to_string: 'join', implode: 'join', explode: 'split',
  concat_ws: 'join', includes: 'contains', has_value: 'contains', list_contains: 'contains', array_contains: 'contains', strpos: 'index_of', instr: 'index_of', position: 'index_of', indexof: 'index_of', locate: 'index_of', find: 'index_of',
  startswith: 'starts_with', prefix: 'starts_with', endswith: 'ends_with', suffix: 'ends_with', lpad: 'pad_start', padstart: 'pad_start', rpad: 'pad_end', padend: 'pad_end', replicate: 'repeat',
  fabs: 'abs', signum: 'sign', ceiling: 'ceil', truncate: 'trunc', int: 'integer', parseint: 'integer', toint: 'integer', to_int: 'integer', tonumber: 'number', to_number: 'number', parsefloat: 'number', float: 'number', double: 'number', cast: 'number', num: 'number',
  log: 'ln', power: 'pow', bitand: 'bit_and', bitor: 'bit_or', xor: 'bit_xor', bitxor: 'bit_xor', mod: '%', modulo: '%',
  maximum: 'greatest', minimum: 'least', average: 'avg', mean: 'avg', total: 'sum', add: 'sum',
  str: 'string', tostring: 'string', to_string: 'string', text: 'string', bool: 'boolean', to_boolean: 'boolean', typeof: 'type', isnull: 'is_null', ifnull: 'coalesce', nvl: 'coalesce', if_null: 'coalesce', default: 'coalesce',
  json_parse: 'json', parse_json: 'json', fromjson: 'json', from_json: 'json', tojson: 'to_json', json_stringify: 'to_json', stringify: 'to_json',
  array_sort: 'sort', list_sort: 'sort', uniq: 'unique', array_distinct: 'unique', list_distinct: 'unique', head: 'first', tail: 'last', flat: 'flatten', object_keys: 'keys', map_keys: 'keys', json_keys: 'keys', to_entries: 'entries', map_values: 'values',
  getpath: 'get', json_extract: 'get', element_at: 'get', has_key: 'has', haskey: 'has', assign: 'merge', sequence: 'range', generate_series: 'range',
  to_timestamp: 'time', timestamp: 'time', parse_time: 'time', date_parse: 'strptime', to_iso: 'iso', toisostring: 'iso', todate: 'iso', format_time: 'strftime', date_format: 'strftime', to_char: 'strftime', date_trunc: 'floor_time', time_bucket: 'floor_time', trunc_time: 'floor_time', interval: 'duration',
  dayofweek: 'weekday', day_of_week: 'weekday', isodow: 'weekday', dayofmonth: 'day', mday: 'day', year_of: 'year', sha: 'sha256', md5sum: 'md5', sha2: 'sha256', xxhash: 'hash', hash64: 'hash', b64: 'base64', to_base64: 'base64', btoa: 'base64', atob: 'from_base64', unbase64: 'from_base64',
  encodeuricomponent: 'url_encode', decodeuricomponent: 'url_decode', urlencode: 'url_encode', urldecode: 'url_decode', domain: 'url_host', hostname: 'url_host', host_of: 'url_host', path_of: 'url_path', query_param: 'url_query',
}));

const clocks = new Set(['now', 'today', 'current_timestamp', 'systime', 'random', 'rand', 'uuid', 'uuidv4', 'getdate']);
const conditionals = new Set(['if', 'iff', 'iif', 'ifelse', 'if_else']);
const aggregates = /^(?:count|distinct|distinct_approx|p\d+|median|quantile|quantile_exact|stddev|stddev_sample|variance|variance_sample|mode|topk|argmin|argmax|collect|collect_set|histogram|ratio|covar|corr|any|all)$/;

const isKnown = (name: string): boolean => functionOf(name) !== undefined;

/** Our name for a function that is known elsewhere by this one. */
export function meantFunction(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (isKnown(lower)) return lower;
  const ours = foreign.get(lower) ?? foreign.get(lower.replaceAll('_', ''));
  if (ours !== undefined && isKnown(ours)) return ours;
  const snake = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  if (isKnown(snake)) return snake;
  const near = nearest(name, functionNames());
  if (near !== undefined) return near;
  const alias = foreign.get(nearest(name, foreign.keys()) ?? '');
  return alias !== undefined && isKnown(alias) ? alias : undefined;
}

/** The function called, or E_FUNCTION with what was probably meant. */
export function unknownFunction(text: string, callee: Identifier): FunctionSpec {
  const spec = functionOf(callee.name);
  if (spec !== undefined) return spec;
  const { name } = callee, lower = name.toLowerCase();
  const problem = (help: string, hint?: string) => new LeatError('E_FUNCTION', { kind: 'function', got: name, help }, spotOf(text, callee, hint));
  if (clocks.has(lower)) return raise(problem('results depend on the input only: there is no clock and no chance in expressions; pass one in with --argjson now …'));
  if (conditionals.has(lower)) return raise(problem('condition ? value : other'));
  if (lower === 'mod' || lower === 'modulo') return raise(problem('x % y'));
  const meant = meantFunction(name);
  if (meant === undefined && aggregates.test(lower)) return raise(problem(`${lower} is an aggregate: leat agg '${lower}(…)'`));
  return raise(problem('all of them: leat help functions', meant === undefined ? undefined : `did you mean '${meant}'?`));
}
const raise = (error: LeatError): never => { throw error; };

/** A call of what is no plain name: x.f(…), Math.f(…), f()(…). */
export function unknownMethod(text: string, { callee, arguments: args }: CallExpression): LeatError {
  const inner = callee.type === 'ParenthesizedExpression' ? callee.expression : callee;
  if (inner.type !== 'MemberExpression' || inner.computed || inner.property.type !== 'Identifier') return fault(text, callee, 'only functions of the table can be called, by their names', { help: 'leat help functions' });
  const method = inner.property.name, subject = source(text, inner.object), rest = args.map((arg) => source(text, arg));
  const meant = subject === 'Math' && (method === 'max' || method === 'min') ? (method === 'max' ? 'greatest' : 'least') : meantFunction(method);
  const isNamespace = /^(?:Math|JSON|Number|String|Object|Array|Date)$/.test(subject);
  const help = meant === undefined ? 'leat help functions' : `${meant}(${[...isNamespace ? [] : [subject], ...rest].join(', ')})`;
  return fault(text, inner.property, 'values have no methods: a function is called with all its arguments in brackets', { help });
}
const source = (text: string, { start, end }: Range | Expression | Super): string => text.slice(start, end);

/** The number of arguments, and types that are known before any record is read. */
export function checkCall(text: string, spec: FunctionSpec, call: Range, args: readonly Syntax[]): void {
  const least = spec.args.filter(({ optional }) => !optional).length;
  const most = spec.args.at(-1)?.rest ? Infinity : spec.args.length;
  if (args.length < least || args.length > most) {
    const wanted = most === Infinity ? `at least ${least}` : least === most ? String(least) : `${least} to ${most}`;
    const extra = args.length > most ? { start: args[most].start, end: args[args.length - 1].end } : call;
    throw new LeatError('E_ARGUMENTS', { what: `${spec.name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, got ${args.length}`, help: signature(spec) }, spotOf(text, extra));
  }
  args.forEach((arg, i) => {
    const { type: declared, check } = spec.args[Math.min(i, spec.args.length - 1)];
    if (arg.kind !== 'constant' || arg.json === 'null') return;
    const kind = arg.json[0] === '"' ? 'string' : arg.json === 'true' || arg.json === 'false' ? 'boolean' : 'number';
    if (accepts(declared, kind)) {
      if (kind === 'string' && check !== undefined) checkConstant(text, arg, check);
      return;
    }
    throw new LeatError('E_ARGUMENTS', { what: `${spec.name} needs ${article(declared)} here, got the ${kind} ${arg.json}`, help: signature(spec) }, spotOf(text, arg));
  });
}

function checkConstant(text: string, arg: Syntax & { readonly kind: 'constant' }, check: (value: string) => unknown): void {
  try {
    check(JSON.parse(arg.json) as string);                   // a string: the caller looked
  } catch (error) {
    throw error instanceof LeatError ? new LeatError(error.code, error.detail, spotOf(text, arg)) : error;
  }
}

const accepts = (type: ArgType, kind: 'string' | 'boolean' | 'number'): boolean =>
  type === 'any' || (kind === 'string' ? type.startsWith('string') : kind === 'boolean' ? type === 'boolean' : type === 'number' || type === 'integer' || type === 'exact');
/** A type of argument in a sentence. */
export const article = (type: ArgType): string =>
  type === 'exact' ? 'a number' : type === 'any' ? 'a value' : type === 'regex' ? 'a regular expression' : type === 'string or list' ? 'a string or a list' : type === 'string or regex' ? 'a string or a regular expression'
    : type === 'integer' || type === 'object' ? `an ${type}` : `a ${type}`;
