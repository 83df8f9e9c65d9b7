// show: control lines in words, in place, between the records. What the tool declares; the runtime's ShowSink does it.
import { tool } from '../spec/tool.js';

export const show = tool({
  name: 'show', summary: 'print control lines readably, between the records', synopsis: '', files: 'any', common: true,
  description: 'Writes each record as it is, and each control line as a line that begins with #: hello (who wrote the stream, its event time and windows), watermark (only where the records alone would say less), end. For eyes, not for programs.',
  options: {}, memory: 'none', emits: 'at once, in input order', guarantees: 'Records pass with their original bytes.',
  errors: ['E_JSON', 'E_UPSTREAM'],
  examples: [{ title: 'A filter that dropped the record that moved the watermark', run: "leat watermark | leat filter 'keep' | leat show", stdin: '{"ts":1000,"keep":true}\n{"ts":9000,"keep":false}\n{"ts":9500,"keep":true}\n',
    stdout: '# hello: watermark | filter, time ts (ms), delay 0s\n{"ts":1000,"keep":true}\n# watermark: 1970-01-01T00:00:09.000Z\n{"ts":9500,"keep":true}\n# end: drain\n' }],
});
