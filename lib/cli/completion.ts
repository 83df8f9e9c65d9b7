// Completion scripts for bash, zsh and fish, made from the declarations: static text, no program is started while somebody types.
import type { Option } from '../spec/option.js';
import type { ToolSpec } from '../spec/tool.js';
import { optionTable } from './parse.js';
import { commands } from './tools/index.js';
import { pages, topics } from './topics.js';

const durations = ['250ms', '10s', '1m', '5m', '1h', '1d'];

/** What the value of an option may be: words to offer, and whether files are. */
function valueOf({ complete }: Option): { readonly words: readonly string[]; readonly files: boolean; readonly folders: boolean } {
  if (typeof complete === 'object') return { words: complete.words, files: complete.files === true, folders: false };
  return { words: complete === 'duration' ? durations : [], files: complete === 'file', folders: complete === 'directory' };
}

interface Declared { readonly spec: ToolSpec; readonly rows: readonly { readonly name: string; readonly option: Option }[]; readonly words: readonly string[]; readonly files: boolean }

/** words: what a first operand may be. */
const declared = (): readonly Declared[] => commands.map((spec) => {
  const { rows, operands } = optionTable(spec);
  const words = spec.name === 'help' ? [...commands.map(({ name }) => name), ...topics.map(({ name }) => name), ...Object.keys(pages)] : operands.slice(0, 1).flatMap(({ option }) => valueOf(option).words);
  return { spec, rows: rows.filter(({ option }) => !option.hidden), words, files: spec.files !== 'none' || rows.some(({ option }) => option.list === true) };
});

/** In single quotes of sh. */
const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;

export function completion(shell: 'bash' | 'zsh' | 'fish'): string {
  return { bash, zsh, fish }[shell]();
}

function bash(): string {
  const tools = declared();
  const cases = tools.map(({ spec, rows, words, files }) => {
    const values = rows.filter(({ option }) => option.words > 0 && !option.optional).map(({ name, option }) => {
      const { words: offered, files: isFile, folders } = valueOf(option);
      const act = [offered.length > 0 ? `_leat_words ${quoted(offered.join(' '))}` : '', isFile ? '_leat_files' : '', folders ? '_leat_folders' : ''].filter((part) => part !== '').join('; ');
      return `      ${[...option.short === undefined ? [] : [`-${option.short}`], `--${name}`].join('|')}) ${act === '' ? ':' : act}; return ;;`;
    });
    const options = rows.flatMap(({ name, option }) => [...option.short === undefined ? [] : [`-${option.short}`], `--${name}`]);
    return `  ${spec.name})
    case $prev in
${values.join('\n')}
    esac
    if [[ $cur == -* ]]; then _leat_words ${quoted(options.join(' '))}; return; fi
    ${[words.length > 0 ? `_leat_words ${quoted(words.join(' '))}` : '', files ? '_leat_files' : ''].filter((part) => part !== '').join('; ') || ':'}
    ;;`;
  });
  const names = tools.map(({ spec }) => spec.name);
  return `# bash completion for leat; made by: leat completion bash
_leat_words() { local word; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur"); }
_leat_files() { local word; compopt -o filenames 2>/dev/null; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur"); }
_leat_folders() { local word; compopt -o filenames 2>/dev/null; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$cur"); }
_leat() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} tool=\${COMP_WORDS[0]##*/}
  COMPREPLY=()
  if [[ $cur == '=' ]]; then cur=''
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $tool == leat ]]; then
    if ((COMP_CWORD == 1)); then _leat_words ${quoted([...names, '--help', '--version', '--exec-path'].join(' '))}; return; fi
    tool=\${COMP_WORDS[1]}
  else tool=\${tool#leat-}; fi
  case $tool in
${cases.join('\n')}
  esac
}
complete -F _leat leat ${names.map((name) => `leat-${name}`).join(' ')}
`;
}

function zsh(): string {
  const tools = declared();
  const plain = (text: string): string => text.replace(/[[\]\\:]/g, (char) => `\\${char}`);
  const action = (option: Option): string => {
    const { words, files, folders } = valueOf(option);
    if (files && words.length > 0) return `{ compadd -- ${words.join(' ')}; _files }`;
    return words.length > 0 ? `(${words.join(' ')})` : files ? '_files' : folders ? '_files -/' : ' ';
  };
  const entries = ({ rows, words, files, spec }: Declared): string[] => [
    ...rows.map(({ name, option }) => {
      const { short, words: count, meta = 'VALUE', many, optional } = option;
      const value = count === 0 ? '' : optional ? `::${plain(meta)}:${action(option)}` : count === 2 ? `:${plain(meta.split(' ')[0])}: :${plain(meta.split(' ')[1] ?? 'VALUE')}: ` : `:${plain(meta)}:${action(option)}`;
      const long = `--${name}${count === 0 ? '' : optional ? '=-' : count === 2 ? '' : '='}`, text = `[${plain(option.help)}]`;
      const star = many ? '*' : '';
      return short === undefined ? quoted(`${star}${long}${text}${value}`) : `${quoted(many ? '*' : `(-${short} --${name})`)}{-${short}${count === 1 ? '+' : ''},${long}}${quoted(`${text}${value}`)}`;
    }),
    ...words.length > 0 ? [quoted(`1:${plain(spec.synopsis)}:${files ? `{ compadd -- ${words.join(' ')}; _files }` : `(${words.join(' ')})`}`)] : Object.values(spec.options as Record<string, Option>).some(({ operand }) => operand) && files ? [quoted(`1:${plain(spec.synopsis)}:_files`)] : [],
    ...files ? [quoted('*:FILE:_files')] : [],
  ];
  const cases = tools.map((each) => `    ${each.spec.name})\n      _arguments -s -S \\\n        ${entries(each).join(' \\\n        ')}\n      ;;`);
  const names = tools.map(({ spec }) => spec.name);
  return `#compdef leat ${names.map((name) => `leat-${name}`).join(' ')}
# zsh completion for leat; made by: leat completion zsh
_leat_tool() {
  case $1 in
${cases.join('\n')}
  esac
}
_leat() {
  local curcontext=$curcontext state line
  if [[ $service == leat-* ]]; then _leat_tool \${service#leat-}; return; fi
  _arguments -C '1:tool:->tools' '*::argument:->arguments' '--help[short help]' '--version[print the version]' '--exec-path[folder of the short names]'
  case $state in
    tools)
      local -a tools
      tools=(${tools.map(({ spec }) => quoted(`${spec.name}:${spec.summary.replace(/:/g, '\\:')}`)).join(' ')})
      _describe tool tools
      ;;
    arguments) _leat_tool $line[1] ;;
  esac
}
_leat "$@"
`;
}

function fish(): string {
  const lines = ['# fish completion for leat; made by: leat completion fish', "complete -c leat -f -n __fish_use_subcommand -l help -d 'short help'", "complete -c leat -f -n __fish_use_subcommand -l version -d 'print the version'", "complete -c leat -f -n __fish_use_subcommand -l exec-path -d 'folder of the short names'"];
  const text = (value: string): string => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
  for (const { spec, rows, words, files } of declared()) {
    lines.push(`complete -c leat -f -n __fish_use_subcommand -a ${spec.name} -d ${text(spec.summary)}`);
    for (const on of [`-c leat -n ${text(`__fish_seen_subcommand_from ${spec.name}`)}`, `-c leat-${spec.name}`]) {
      for (const { name, option } of rows) {
        const value = valueOf(option);
        const takes = option.words === 0 || option.optional ? '' : value.files || value.folders ? ' -r -F' : ' -x';
        lines.push(`complete ${on}${option.short === undefined ? '' : ` -s ${option.short}`} -l ${name}${takes}${value.words.length > 0 ? ` -a ${text(value.words.join(' '))}` : ''} -d ${text(option.help)}`);
      }
      if (words.length > 0) lines.push(`complete ${on} -a ${text(words.join(' '))}`);
      if (!files) lines.push(`complete ${on} -f`);
    }
  }
  return `${lines.join('\n')}\n`;
}
