// `leat help`: what it declares; cli/pages.ts does it.
import { flag, text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

export const help = tool({
  name: 'help', summary: 'the page of a tool or of a topic', synopsis: '[TOOL|TOPIC]', files: 'none', common: false,
  description: `Opens the page of a tool or of a topic with man, which honours MANPAGER and PAGER. Where man is missing, or standard output is no terminal, it prints the page as plain text. Without an operand it lists tools and topics.

With --json it writes everything that the tools declare as one JSON object: options, examples, errors, functions, aggregates and topics.`,
  options: {
    topic: text({ operand: true, meta: 'TOOL|TOPIC', only: /^/, help: 'whose page' }),
    json: flag({ help: 'all declarations as one JSON object' }),
  },
  memory: 'none', emits: 'at once', guarantees: 'The text depends on nothing but the version.', errors: ['E_USAGE'],
  examples: [{ title: 'How expressions treat null', run: 'leat help expressions | grep -c null >/dev/null && echo yes', stdout: 'yes\n' }],
});
