// Types of packages that come without: as much as is used here.
declare module 'yargs-parser' {
  interface Options {
    boolean?: readonly string[]; string?: readonly string[]; narg?: Readonly<Record<string, number>>; configuration?: Readonly<Record<string, boolean>>;
  }
  export default function parse(words: string[], options: Options): { readonly _: readonly string[]; readonly [name: string]: string | boolean | readonly (string | boolean)[] };
}
declare module 'yargs' {
  interface Yargs {
    detectLocale(on: boolean): Yargs; help(on: false): Yargs; version(on: false): Yargs; wrap(columns: number): Yargs; parserConfiguration(flags: Readonly<Record<string, boolean>>): Yargs;
    option(name: string, declared: { describe: string; alias?: string }): Yargs; updateStrings(texts: Readonly<Record<string, string>>): Yargs; usage(text: string): Yargs; getHelp(): Promise<string>;
  }
  export default function yargs(words: readonly string[]): Yargs;
}
