// The functions of expressions in Python, by name with f_ in front: text, lists, numbers, types. Each says the types of its arguments; function() has the rules of calls
// (lib/expr/functions/function.ts): null in, null out; a wrong type is null; a Clash thrown is null.
export const calls = {
  Clash: String.raw`
class Clash(Exception):
    """Right types, wrong shape: the call gives null."""`,
  TAKES: String.raw`
TAKES = {
    "string": lambda v: type(v) is str, "number": lambda v: type(v) in NUMBERS, "integer": lambda v: type(v) in NUMBERS and v == v // 1, "boolean": lambda v: type(v) is bool,
    "list": lambda v: type(v) is list, "object": lambda v: type(v) is dict, "exact": lambda v: type(v) in NUMBERS, "any": lambda v: True, "string or list": lambda v: type(v) in (str, list),
    "pattern": lambda v: True, "string or pattern": lambda v: type(v) in (str, re.Pattern),
}`,
  function: String.raw`
def function(*types):
    """The rules of calls: null or a wrong type in, null out; the last type may come again."""
    def made(code):
        @functools.wraps(code)
        def call(*args):
            given = []
            for i, v in enumerate(args):
                kind = types[min(i, len(types) - 1)]
                if v is None or not TAKES[kind](v): return None
                given.append(double(v) if kind == "number" else int(v) if kind == "integer" else v)
            try: result = code(*given)
            except Clash: return None
            except OverflowError: raise Bad(f"{code.__name__[2:]} is beyond all doubles") from None
            return number(result) if type(result) is float else result
        return call
    return made`,
  f_length: String.raw`
@function("any")
def f_length(x):
    if type(x) not in (str, list, dict): raise Clash
    return len(x)`,
  f_lower: String.raw`
@function("string")
def f_lower(s): return s.translate(UPPER_LOWER[1])`,
  f_upper: String.raw`
@function("string")
def f_upper(s): return s.translate(UPPER_LOWER[0])`,
  UPPER_LOWER: String.raw`
UPPER_LOWER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase), str.maketrans(string.ascii_uppercase, string.ascii_lowercase)`,
  BLANKS: String.raw`
BLANKS = "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"`,
  f_trim: String.raw`
@function("string")
def f_trim(s): return s.strip(BLANKS)`,
  f_trim_start: String.raw`
@function("string")
def f_trim_start(s): return s.lstrip(BLANKS)`,
  f_trim_end: String.raw`
@function("string")
def f_trim_end(s): return s.rstrip(BLANKS)`,
  f_slice: String.raw`
@function("string or list", "integer")
def f_slice(x, start, end=None): return x[start:end]`,
  f_left: String.raw`
@function("string", "integer")
def f_left(s, n): return s[:n]`,
  f_right: String.raw`
@function("string", "integer")
def f_right(s, n): return "" if n == 0 else s[-n:]`,
  f_concat: String.raw`
@function("string")
def f_concat(*parts): return "".join(parts)`,
  string_only: String.raw`
def string_only(v):
    if type(v) is not str: raise Clash
    return v`,
  f_contains: String.raw`
@function("string or list", "any")
def f_contains(x, what): return string_only(what) in x if type(x) is str else any(same(v, what) for v in x)`,
  f_starts_with: String.raw`
@function("string", "string")
def f_starts_with(s, what): return s.startswith(what)`,
  f_ends_with: String.raw`
@function("string", "string")
def f_ends_with(s, what): return s.endswith(what)`,
  f_index_of: String.raw`
@function("string or list", "any")
def f_index_of(x, what):
    at = x.find(string_only(what)) if type(x) is str else next((i for i, v in enumerate(x) if same(v, what)), -1)
    return None if at < 0 else at`,
  padding: String.raw`
def padding(s, n, fill): return (fill * (n // len(fill) + 1))[:n - len(s)] if fill and n > len(s) else ""`,
  f_pad_start: String.raw`
@function("string", "integer", "string")
def f_pad_start(s, n, fill=" "): return padding(s, n, fill) + s`,
  f_pad_end: String.raw`
@function("string", "integer", "string")
def f_pad_end(s, n, fill=" "): return s + padding(s, n, fill)`,
  f_repeat: String.raw`
@function("string", "integer")
def f_repeat(s, n): return s * n`,
  f_reverse: String.raw`
@function("string or list")
def f_reverse(x): return x[::-1]`,
  f_replace: String.raw`
@function("string", "string or pattern", "string")
def f_replace(s, what, to):
    if type(what) is str: return s.replace(what, to) if what else s
    def piece(found, one):
        if one[0] == "$$": return "$"
        if one[0] == "$&": return found[0]
        which = int(one[1]) if one[1] else one[2]
        known = which <= found.re.groups if type(which) is int else which in found.re.groupindex
        return (found[which] if known else None) or ""
    parts, at = [], 0
    for found in matches(what, s):
        parts += s[at:found.start()], re.sub(r"\$(?:([0-9]{1,2})|<([^>]+)>|[&$])", lambda one: piece(found, one), to)
        at = found.end()
    return "".join(parts) + s[at:]`,
  f_split: String.raw`
@function("string", "string or pattern")
def f_split(s, sep):
    if type(sep) is str: return s.split(sep) if sep else list(s)
    parts, at = [], 0
    for found in matches(sep, s):
        if not found[0]: continue
        parts.append(s[at:found.start()])
        at = found.end()
    return parts + [s[at:]]`,
  matches: String.raw`
def matches(pattern, s):
    """All matches from left to right; behind an empty one the search goes on one character further."""
    at = 0
    while at <= len(s) and (found := pattern.search(s, at)):
        yield found
        at = found.end() + (found.end() == found.start())`,
  group_of: String.raw`
def group_of(found, which):
    if type(which) is str and which in found.re.groupindex or type(which) in NUMBERS and which == which // 1 and 0 <= which <= found.re.groups:
        return found[which if type(which) is str else int(which)]
    raise Clash`,
  f_matches: String.raw`
@function("string", "pattern")
def f_matches(s, pattern): return pattern.search(s) is not None`,
  f_extract: String.raw`
@function("string", "pattern", "any")
def f_extract(s, pattern, which=0):
    found = pattern.search(s)
    return found and group_of(found, which)`,
  f_extract_all: String.raw`
@function("string", "pattern", "any")
def f_extract_all(s, pattern, which=0): return [group_of(found, which) for found in matches(pattern, s)]`,
  f_first: String.raw`
@function("list")
def f_first(x): return x[0] if x else None`,
  f_last: String.raw`
@function("list")
def f_last(x): return x[-1] if x else None`,
  f_join: String.raw`
@function("list", "string")
def f_join(x, sep):
    if any(type(v) in (list, dict) for v in x): raise Clash
    return sep.join(v if type(v) is str else encode(v) for v in x if v is not None)`,
  f_sort: String.raw`
@function("list")
def f_sort(x): return sorted(x, key=order)`,
  f_unique: String.raw`
@function("list")
def f_unique(x): return list({canonical(v): v for v in reversed(x)}[k] for k in dict.fromkeys(map(canonical, x)))`,
  f_flatten: String.raw`
@function("list")
def f_flatten(x): return [v for one in x for v in (one if type(one) is list else [one])]`,
  f_min: String.raw`
@function("list")
def f_min(x): return min((v for v in x if v is not None), key=order, default=None)`,
  f_max: String.raw`
@function("list")
def f_max(x): return max((v for v in x if v is not None), key=order, default=None)`,
  numbers: String.raw`
def numbers(x):
    found = [v for v in x if v is not None]
    if any(type(v) not in NUMBERS for v in found): raise Clash
    return found`,
  f_sum: String.raw`
@function("list")
def f_sum(x): return total(numbers(x))`,
  f_avg: String.raw`
@function("list")
def f_avg(x): return mean(numbers(x))`,
  f_keys: String.raw`
@function("object")
def f_keys(o): return list(o)`,
  f_values: String.raw`
@function("object")
def f_values(o): return list(o.values())`,
  f_entries: String.raw`
@function("object")
def f_entries(o): return [{"key": k, "value": v} for k, v in o.items()]`,
  f_has: String.raw`
@function("object", "string")
def f_has(o, k): return k in o`,
  f_get: String.raw`
@function("any", "any")
def f_get(x, k):
    if type(x) is dict and type(k) is str: return x.get(k)
    if type(x) is not list or type(k) not in NUMBERS: raise Clash
    return item(x, k) if k >= 0 else x[int(k)] if -len(x) <= int(k) else None`,
  f_merge: String.raw`
@function("object", "object")
def f_merge(a, b): return {**a, **b}`,
  f_range: String.raw`
@function("integer")
def f_range(n): return list(range(n))`,
  f_abs: String.raw`
@function("exact")
def f_abs(x): return abs(x)`,
  f_sign: String.raw`
@function("exact")
def f_sign(x): return (x > 0) - (x < 0)`,
  f_floor: String.raw`
@function("exact")
def f_floor(x): return x if type(x) is int else float(math.floor(x))`,
  f_ceil: String.raw`
@function("exact")
def f_ceil(x): return x if type(x) is int else float(math.ceil(x))`,
  f_trunc: String.raw`
@function("exact")
def f_trunc(x): return x if type(x) is int else float(math.trunc(x))`,
  f_round: String.raw`
@function("exact", "integer")
def f_round(x, digits=0):
    """Half away from zero, by the decimal digits that are printed."""
    if type(x) is int:
        unit = 10 ** min(max(-digits, 0), 100_000)
        return x if unit == 1 else (abs(x) + unit // 2) // unit * unit * (-1 if x < 0 else 1)
    if digits > 400 or x == 0: return float(x)
    if digits < -400: return 0
    def shift(y, by):
        mantissa, _, exponent = js(y).partition("e")
        return float(f"{mantissa}e{int(exponent or 0) + by}")
    scaled = shift(abs(x), digits)
    if scaled >= 2.0**52: return float(x)
    whole = math.floor(scaled)
    return math.copysign(shift(float(whole + (scaled - whole >= 0.5)), -digits), x)`,
  f_sqrt: String.raw`
@function("number")
def f_sqrt(x): return math.sqrt(x) if x >= 0 else None`,
  f_cbrt: String.raw`
@function("number")
def f_cbrt(x):
    root = math.copysign(abs(x) ** (1 / 3), x)
    return root if root == 0 else (2 * root + x / root / root) / 3`,
  f_exp: String.raw`
@function("number")
def f_exp(x): return math.exp(x)`,
  f_ln: String.raw`
@function("number")
def f_ln(x): return math.log(x) if x > 0 else None`,
  f_log2: String.raw`
@function("number")
def f_log2(x): return math.log2(x) if x > 0 else None`,
  f_log10: String.raw`
@function("number")
def f_log10(x): return math.log10(x) if x > 0 else None`,
  f_pow: String.raw`
@function("number", "number")
def f_pow(x, y): return power(x, y)`,
  f_sin: String.raw`
@function("number")
def f_sin(x): return math.sin(x)`,
  f_cos: String.raw`
@function("number")
def f_cos(x): return math.cos(x)`,
  f_tan: String.raw`
@function("number")
def f_tan(x): return math.tan(x)`,
  f_atan2: String.raw`
@function("number", "number")
def f_atan2(y, x): return math.atan2(y, x)`,
  one_kind: String.raw`
def one_kind(values):
    if len({KINDS[type(v)] for v in values}) > 1: raise Clash
    return values`,
  f_least: String.raw`
@function("any")
def f_least(*values): return min(one_kind(values), key=order)`,
  f_greatest: String.raw`
@function("any")
def f_greatest(*values): return max(one_kind(values), key=order)`,
  f_clamp: String.raw`
@function("exact", "exact", "exact")
def f_clamp(x, low, high):
    if low > high: raise Clash
    return low if x < low else high if x > high else x`,
  whole: String.raw`
def whole(x):
    if type(x) is int: return x
    if not x.is_integer() or abs(x) >= 2**53: raise Clash
    return int(x)`,
  f_bit_and: String.raw`
@function("exact", "exact")
def f_bit_and(x, y): return whole(x) & whole(y)`,
  f_bit_or: String.raw`
@function("exact", "exact")
def f_bit_or(x, y): return whole(x) | whole(y)`,
  f_bit_xor: String.raw`
@function("exact", "exact")
def f_bit_xor(x, y): return whole(x) ^ whole(y)`,
  f_coalesce: String.raw`
def f_coalesce(*values): return next((v for v in values if v is not None), None)`,
  f_nullif: String.raw`
def f_nullif(a, b): return None if same(a, b) else a`,
  f_is_null: String.raw`
def f_is_null(x): return x is None`,
  f_type: String.raw`
def f_type(x): return ("null", "boolean", "number", "string", "array", "object")[KINDS[type(x)]]`,
  number_text: String.raw`
def number_text(text):
    """The JSON text of the number that a text spells."""
    text = text.strip(BLANKS)
    found = re.fullmatch(r"([+-]?)0*([0-9]+)?(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?", text)
    if found is None: return None
    sign, digits, fraction, exponent = found[1], found[2], found[3] or "", found[4]
    if digits is None and "0" in re.sub(r"[.eE].*", "", text, flags=re.S): digits = "0"
    if digits is None and fraction == "": return None
    return f"{'-' if sign == '-' else ''}{digits or '0'}{'.' + fraction if fraction else ''}{'' if exponent is None else 'e' + exponent}"`,
  f_number: String.raw`
@function("any")
def f_number(x):
    if type(x) in NUMBERS: return x
    if type(x) is bool: return int(x)
    if type(x) is not str: raise Clash
    text = number_text(x)
    return None if text is None else int(text) if re.fullmatch("-?[0-9]+", text) else real(text)`,
  f_integer: String.raw`
@function("any")
def f_integer(x):
    v = f_number(x)
    if v is None and type(x) is not str: raise Clash
    return v if v is None or type(v) is int else float(math.trunc(v))`,
  f_string: String.raw`
@function("any")
def f_string(x): return x if type(x) is str else encode(x)`,
  f_boolean: String.raw`
@function("any")
def f_boolean(x):
    if type(x) is bool: return x
    if type(x) in NUMBERS: return True if x == 1 else False if x == 0 else None
    return {"true": True, "false": False}.get(string_only(x).strip(BLANKS).lower())`,
  f_json: String.raw`
@function("string")
def f_json(text):
    try: return value(text)
    except (ValueError, RecursionError): return None`,
  f_to_json: String.raw`
@function("any")
def f_to_json(x): return encode(x)`,
} as const;
