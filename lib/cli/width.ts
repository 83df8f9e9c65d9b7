// Words on lines as wide as a terminal.
import { width } from '../record/width.js';

export { width };

/** Words on lines of at most 80 columns, those behind the first indented. */
export function filled(text: string, indent: string, columns = 78): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && width(`${line} ${word}`) > columns) { lines.push(line); line = indent + word; } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
