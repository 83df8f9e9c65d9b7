// Words as a shell reads them.
/** A word that a shell takes as it is. */
export const quoted = (word: string): string => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
