// Text to bytes where text may have lone surrogates, as an escape in JSON can spell one.

/** UTF-8, and three bytes for a lone surrogate (WTF-8), so that different texts have different bytes. */
export function wtf8(text: string): Uint8Array {
  if (!/\p{Surrogate}/u.test(text)) return utf8.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;   // `!`: a character has one
    if (code < 0xd800 || code > 0xdfff) bytes.push(...utf8.encode(character));
    else bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63);
  }
  return Uint8Array.from(bytes);
}

const utf8 = new TextEncoder();
