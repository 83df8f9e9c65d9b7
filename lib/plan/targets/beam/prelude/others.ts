// Hashes, encodings and parts of URLs (lib/expr/functions/other.ts), and exact sums (lib/agg/exact.ts, rational.ts), in Python.
export const others = {
  utf8: String.raw`
def utf8(s): return re.sub("[\ud800-\udfff]", "\ufffd", s).encode()`,
  xxh64: String.raw`
def xxh64(data):
    """XXH64 with seed 0."""
    mask, (p1, p2, p3, p4, p5) = 2**64 - 1, (0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0x85ebca77c2b2ae63, 0x27d4eb2f165667c5)
    rotate = lambda x, by: (x << by | x >> 64 - by) & mask
    mix = lambda lane, more: rotate(lane + more * p2 & mask, 31) * p1 & mask
    word = lambda at, size=8: int.from_bytes(data[at:at + size], "little")
    at, size, h = 0, len(data), p5
    if size >= 32:
        lanes = [p1 + p2 & mask, p2, 0, -p1 & mask]
        while at + 32 <= size:
            lanes = [mix(lane, word(at + 8 * i)) for i, lane in enumerate(lanes)]
            at += 32
        h = sum(rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18))) & mask
        for lane in lanes: h = (h ^ mix(0, lane)) * p1 + p4 & mask
    h = h + size & mask
    while at + 8 <= size:
        h = rotate(h ^ mix(0, word(at)), 27) * p1 + p4 & mask
        at += 8
    if at + 4 <= size:
        h = rotate(h ^ word(at, 4) * p1 & mask, 23) * p2 + p3 & mask
        at += 4
    for byte in data[at:]: h = rotate(h ^ byte * p5 & mask, 11) * p1 & mask
    h = (h ^ h >> 33) * p2 & mask
    h = (h ^ h >> 29) * p3 & mask
    return h ^ h >> 32`,
  f_hash: String.raw`
@function("any")
def f_hash(x): return xxh64(utf8(x if type(x) is str else canonical(x)))`,
  f_crc32: String.raw`
@function("string")
def f_crc32(s): return zlib.crc32(utf8(s))`,
  f_md5: String.raw`
@function("string")
def f_md5(s): return hashlib.md5(utf8(s)).hexdigest()`,
  f_sha256: String.raw`
@function("string")
def f_sha256(s): return hashlib.sha256(utf8(s)).hexdigest()`,
  f_base64: String.raw`
@function("string")
def f_base64(s): return base64.b64encode(utf8(s)).decode()`,
  f_from_base64: String.raw`
@function("string")
def f_from_base64(s):
    s = s.rstrip("=")
    if not re.fullmatch("[A-Za-z0-9+/_-]*", s) or len(s) % 4 == 1: return None
    try: return base64.b64decode(s.replace("-", "+").replace("_", "/") + "=" * (-len(s) % 4)).decode()
    except UnicodeDecodeError: return None`,
  f_url_encode: String.raw`
@function("string")
def f_url_encode(s):
    try: return urllib.parse.quote(s, safe="-_.!~*'()")
    except UnicodeEncodeError: raise Clash from None`,
  f_url_decode: String.raw`
@function("string")
def f_url_decode(s):
    if re.search("%(?![0-9A-Fa-f]{2})", s): return None
    try: return urllib.parse.unquote_to_bytes(s).decode()
    except UnicodeError: return None`,
  url_parts: String.raw`
def url_parts(s):
    """Authority, path and query by RFC 3986, appendix B; anything fits."""
    return re.match(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", s).groups()`,
  f_url_host: String.raw`
@function("string")
def f_url_host(s):
    authority = url_parts(s)[0]
    host = re.sub(r":[0-9]*\Z", "", (authority or "").rsplit("@", 1)[-1])
    return f_lower(host) if host else None`,
  f_url_path: String.raw`
@function("string")
def f_url_path(s): return url_parts(s)[1]`,
  f_url_query: String.raw`
@function("string", "string")
def f_url_query(s, name):
    def read(text):
        text = text.replace("+", " ")
        decoded = f_url_decode(text)
        return text if decoded is None else decoded
    for pair in (url_parts(s)[2] or "").split("&") if url_parts(s)[2] is not None else []:
        k, _, v = pair.partition("=")
        if read(k) == name: return read(v)
    return None`,
  UNIT: String.raw`
UNIT = 1 << 1074                                             # every double is a whole multiple of 1 / UNIT`,
  exact: String.raw`
def exact(x):
    """A number as an integer that counts 1 / UNIT."""
    if type(x) is int: return x << 1074
    above, below = x.as_integer_ratio()
    return above * (UNIT // below)`,
  quotient: String.raw`
def quotient(above, below):
    """Two integers as a double, rounded once; null beyond all doubles."""
    try: return number(above / below)
    except OverflowError: return None`,
  is_whole: String.raw`
def is_whole(x): return type(x) is int or x.is_integer() and abs(x) < 2**53`,
  total: String.raw`
def total(values):
    """The exact sum: of integers an integer, else the double nearest to the true sum; of none null. No order can change a digit."""
    if not values: return None
    if all(map(is_whole, values)): return sum(map(int, values))
    try:
        if all(abs(x) < 2**53 for x in values): return number(math.fsum(values))
    except OverflowError: pass
    return quotient(sum(map(exact, values)), UNIT)`,
  mean: String.raw`
def mean(values):
    """The exact sum over the count, rounded once; of none null."""
    return quotient(sum(map(exact, values)), len(values) << 1074) if values else None`,
} as const;
