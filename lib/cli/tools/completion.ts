// `leat completion`: what it declares; cli/completion.ts does it.
import { choice } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

export const completion = tool({
  name: 'completion', summary: 'a completion script for bash, zsh or fish', synopsis: 'bash|zsh|fish', files: 'none', common: false,
  description: `Writes a script that completes tools, options, their values and files, for leat TOOL and leat-TOOL. It is made from the declarations of the tools and starts no program while you type.

bash: leat completion bash > ~/.local/share/bash-completion/completions/leat

zsh: leat completion zsh > DIR/_leat, with DIR in fpath before compinit runs

fish: leat completion fish > ~/.config/fish/completions/leat.fish`,
  options: { shell: choice(['bash', 'zsh', 'fish'], { operand: true, required: true, meta: 'SHELL', help: 'bash, zsh or fish' }) },
  memory: 'none', emits: 'at once', guarantees: 'The text depends on nothing but the version.', errors: ['E_OPTION', 'E_USAGE'],
  examples: [{ title: 'For this shell, now', run: 'leat completion bash | bash -n && echo fine', stdout: 'fine\n' }],
});
