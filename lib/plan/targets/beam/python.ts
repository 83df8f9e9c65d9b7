// Python text: literals, and the helpers that a job needs, each put in front of those that use it. Owns: how a job's text is put together. It knows no operators.

/** What a job uses of the helpers; names are marked as text is made, and all() gives their text. */
export class Helpers {
  private readonly table: Readonly<Record<string, string>>;
  private readonly used = new Set<string>();
  constructor(table: Readonly<Record<string, string>>) { this.table = table; }

  /** A helper's name, which the job has from now on. */
  use(name: string): string {
    if (!Object.hasOwn(this.table, name)) throw new Error(`there is no helper ${name}`);     // our own mistake: exit 70
    this.used.add(name);
    return name;
  }
  has(name: string): boolean { return Object.hasOwn(this.table, name); }
  /** All helpers that a piece of Python names. */
  within(text: string): void { for (const name of this.namesIn(text)) this.used.add(name); }

  /** Texts of the helpers in use, each behind those that it needs. */
  all(): string[] {
    const texts: string[] = [], done = new Set<string>();
    const put = (name: string): void => {
      if (done.has(name)) return;
      done.add(name);
      for (const other of this.namesIn(this.table[name])) put(other);
      texts.push(this.table[name].trim());
    };
    for (const name of Object.keys(this.table)) if (this.used.has(name)) put(name);
    return texts;
  }
  private namesIn(text: string): string[] {
    return [...new Set(code(text).match(/(?<![.\w])[A-Za-z_]\w*(?!\w|\s*=[^=])/g) ?? [])].filter((name) => Object.hasOwn(this.table, name));
  }
}

/** Without comments, and without strings but those with {expressions}. */
const code = (text: string): string => text.replace(/"""[\s\S]*?"""|#.*$|(f?)"(?:[^"\\\n]|\\.)*"/gm, (found, isFormat: string | undefined) => isFormat === 'f' ? found : '""');

const modules = ['bisect', 'base64', 'datetime', 'fractions', 'functools', 'hashlib', 'io', 'itertools', 'json', 'math', 'operator', 'os', 'pickle', 're', 'string', 'struct', 'sys', 'typing', 'urllib.parse', 'zlib', 'zoneinfo'] as const;

/** The import line that a text needs. */
export const importsOf = (text: string): string => {
  const named = new Set(code(text).match(/(?<![.\w])(?:urllib\.parse|[a-z]\w*)(?=\.\w)/g) ?? []), used = modules.filter((name) => named.has(name));
  return used.length === 0 ? '' : `import ${used.join(', ')}\n`;
};

/** A string as Python says it: JSON's escapes mean the same there. */
export const text = (value: string): string => JSON.stringify(value).replaceAll('\u007f', '\\x7f').replaceAll('\u0085', '\\x85').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** Steps of a path as arguments. */
export const steps = (path: readonly (string | number)[]): string => path.map((step) => typeof step === 'number' ? String(step) : text(step)).join(', ');

/** A constant, by its JSON text, with that text: 1.0 is a double. */
export function literal(json: string, helpers: Helpers): string {
  if (json === 'null') return 'None';
  if (json === 'true' || json === 'false') return json === 'true' ? 'True' : 'False';
  if (/^-?\d+$/.test(json)) return String(BigInt(json));   // of any size: JSON.parse would round it
  const value: unknown = JSON.parse(json);
  if (typeof value === 'string') return text(value);
  return typeof value !== 'number' ? `${helpers.use('value')}(${text(json)})` : String(value) === json && /^[\d.-]*$/.test(json) ? json : `${helpers.use('real')}(${text(json)})`;
}

/** A text as lines of a comment. */
export const comment = (said: string): string => said.split('\n').map((line) => `# ${line}`).join('\n');
