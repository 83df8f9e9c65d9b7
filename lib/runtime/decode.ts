// The decoder that the options of `leat from` ask for. Formats are loaded only when one is.
import { LeatError } from '../errors.js';
import { compileRegex } from '../expr/regex.js';
import type { Decoder } from '../codec/decoder.js';
import type { LinePattern } from '../codec/lines.js';
import type { DecoderOptions, FormatName } from '../codec/index.js';
import type { CommonValues } from './pipeline.js';

/** The values of from's own options. */
export interface FromValues { readonly brokers?: string; readonly follow?: boolean; readonly spool?: string; readonly format: string; readonly header?: string; readonly delimiter?: string; readonly types?: string; readonly year?: number; readonly tz?: string; readonly pattern?: string }

/** Makes a decoder for each input; undefined for NDJSON, which needs none. Errors: E_OPTION for an option that the format has no use for. */
export async function decoderMaker(values: FromValues, common: CommonValues): Promise<(() => Decoder) | undefined> {
  const { format } = values;
  const given = (['header', 'delimiter', 'types', 'year', 'tz', 'pattern'] as const).filter((name) => values[name] !== undefined);
  if (format === 'ndjson' || format === 'kafka') { if (given.length > 0) throw useless(given[0], format); return undefined; }
  const { decoders, parseTypes, typeNames } = await import('../codec/index.js');
  const typesOf = (text: string) => {
    const types = parseTypes(text);
    if (types === undefined) throw new LeatError('E_OPTION', { what: `--types: bad value '${text}'; expected FIELD=TYPE,… with types ${typeNames.join(', ')}`, help: '--types id=number,ok=boolean' });
    return types;
  };
  const row = decoders[format as FormatName];
  for (const name of given) if (!(row.options as readonly string[]).includes(name)) throw useless(name, format);
  const options: DecoderOptions = {
    ...values.header === undefined ? {} : { header: values.header.split(',') },
    ...values.delimiter === undefined ? {} : { delimiter: values.delimiter === '\\t' ? '\t' : values.delimiter },
    ...values.types === undefined ? {} : { types: typesOf(values.types) },
    ...values.year === undefined ? {} : { year: values.year },
    ...values.tz === undefined ? {} : { tz: values.tz },
    ...values.pattern === undefined ? {} : { pattern: patternOf(values.pattern) },
    ...common.maxLine === undefined ? {} : { lineBytesMax: common.maxLine },
  };
  row.make(options);                                       // refuses before the first input is opened
  return () => row.make(options);
}

/** What the options about sources ask of the rest of the command. Errors: E_OPTION. */
export function checkSource({ format, follow, spool }: FromValues, { checkpoint }: CommonValues, files: readonly string[]): void {
  const [file = '-'] = files, hasStdin = files.length === 0 || files.includes('-');
  const refuse = (what: string, help: string): never => { throw new LeatError('E_OPTION', { what, help }); };
  if (format === 'kafka' && (files.length !== 1 || hasStdin)) throw new LeatError('E_USAGE', { what: files.length > 1 ? `from kafka reads one TOPIC, and there are ${files.length}` : 'TOPIC is missing', help: 'leat from kafka TOPIC' });
  if (follow === true && hasStdin) refuse('--follow is for files; standard input goes on by itself', 'leat from --follow FILE');
  if (spool === undefined) return;
  if (files.some((name) => name !== '-')) refuse(`--spool keeps what comes on standard input, and ${file} can be read again`, 'leave --spool or FILE away');
  if (checkpoint === undefined) refuse('--spool needs --checkpoint DIR, which says how far it has been worked off', `leat from --checkpoint state --spool ${spool}`);
}

function patternOf(source: string): LinePattern {
  const pattern = compileRegex(source, { start: 0, end: source.length }, source, '');
  return { source, first: (text) => pattern.first(text) };
}

const useless = (option: string, format: string): LeatError => new LeatError('E_OPTION', { what: `--${option} has no meaning for ${format}`, help: 'leat help from' });
