// Values as leat has them, in Python: numbers that keep their text, the total order, canonical keys, three-valued logic, exact arithmetic (SEMANTICS 1 and 2).
// Each entry is the text of one helper; those that it uses are found by their names (python.ts). Python: int is an exact integer, float a double, Kept a double with its text.
export const values = {
  Kept: String.raw`
class Kept(float):
    """A number whose text is not what JavaScript prints of it (1.0, 1.50, 1e3): handed on, it keeps that text."""
    __slots__ = ("text",)
    def __new__(cls, text):
        x = float.__new__(cls, text)
        x.text = text
        return x
    def __reduce__(self): return Kept, (self.text,)`,
  js: String.raw`
def js(x):
    """A double as JavaScript prints it: the shortest digits that say it."""
    text = repr(float(x))
    if "e" not in text: return "0" if x == 0 else text[:-2] if text.endswith(".0") else text
    mantissa, exponent = text.split("e")
    sign, digits, point = "-" if x < 0 else "", mantissa.lstrip("-").replace(".", ""), int(exponent) + 1
    if 0 < point <= 21: return sign + (digits.ljust(point, "0") if len(digits) <= point else digits[:point] + "." + digits[point:])
    if -6 < point <= 0: return sign + "0." + "0" * -point + digits
    return f"{sign}{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{'+' if point > 0 else '-'}{abs(point - 1)}"`,
  Bad: String.raw`
class Bad(Exception):
    """A record that cannot be worked with: the job stops, as leat does."""`,
  real: String.raw`
def real(text):
    """A JSON number with a fraction or an exponent."""
    x = float(text)
    if x in (math.inf, -math.inf): raise Bad(text + " is beyond all doubles")
    return x if js(x) == text else Kept(text)`,
  constant: String.raw`
def constant(text): raise ValueError(text + " is no JSON")`,
  value: String.raw`
def value(text):
    """The value of a JSON text: integers of any size stay exact."""
    return json.loads(text, parse_float=real, parse_constant=constant)`,
  decode: String.raw`
def decode(line):
    """A record of a line."""
    try: record = value(line)
    except ValueError as error: raise Bad(f"bad JSON: {error}: {line[:200]}") from None
    if type(record) is not dict: raise Bad("a record is an object: " + line[:200])
    return record`,
  is_record: String.raw`
def is_record(line): return line.strip(" \t\r\n\ufeff") != ""`,
  quoted: String.raw`
def quoted(text):
    """A string as JSON, with the shortest escapes; lone surrogates are escaped, so that the text is UTF-8."""
    json_text = json.encoder.encode_basestring(text)
    return json_text if json_text.isascii() else re.sub("[\ud800-\udfff]", lambda lone: "\\u%04x" % ord(lone[0]), json_text)`,
  encode: String.raw`
def encode(v):
    """The JSON text of a value, without blanks. Keys that are no strings are not data (AT, PLACE)."""
    kind = type(v)
    if kind is str: return quoted(v)
    if kind is int: return str(v)
    if kind is float: return js(v)
    if kind is Kept: return v.text
    if kind is dict: return "{" + ",".join(quoted(k) + ":" + encode(x) for k, x in v.items() if type(k) is str) + "}"
    if kind is list: return "[" + ",".join(map(encode, v)) + "]"
    return "null" if v is None else "true" if v else "false"`,
  KINDS: String.raw`
KINDS = {type(None): 0, bool: 1, int: 2, float: 2, Kept: 2, str: 3, list: 4, dict: 5}`,
  order: String.raw`
def order(v):
    """What the total order compares: null < false < true < numbers < strings by code point < arrays < objects by their keys, then values."""
    kind = KINDS[type(v)]
    if kind == 4: return 4, tuple(map(order, v))
    if kind < 4: return kind, v if kind else 0
    held = sorted((k, x) for k, x in ((k, order(x)) for k, x in v.items() if type(k) is str and x is not None))
    return 5, tuple(k for k, _ in held), tuple(x for _, x in held)`,
  same: String.raw`
def same(a, b):
    """Deep equality: 1 and 1.0, key order and null members make no difference."""
    kind = KINDS[type(a)]
    return kind == KINDS[type(b)] and (a == b if kind < 4 else order(a) == order(b))`,
  canonical: String.raw`
def canonical(v):
    """One text for all spellings of equal values: what records are grouped by."""
    kind = type(v)
    if kind is int:
        if -2**53 < v < 2**53: return str(v)
        try: x = float(v)
        except OverflowError: x = math.inf
        if x in (math.inf, -math.inf):
            digits = str(abs(v))
            return f"{'-' if v < 0 else ''}{digits.rstrip('0')}w{len(digits) - len(digits.rstrip('0'))}"
        return js(x) if int(x) == v else f"{v}w"
    if kind is float or kind is Kept: return js(v)
    if kind is list: return "[" + ",".join(map(canonical, v)) + "]"
    if kind is not dict: return encode(v)
    held = {quoted(k): canonical(x) for k, x in v.items() if type(k) is str and x is not None}
    return "{" + ",".join(k + ":" + held[k] for k in sorted(held, key=lambda k: k.encode("utf-16-be", "surrogatepass"))) + "}"`,
  key: String.raw`
def key(*values):
    """Records with equal keys have equal texts; null is a key like any other."""
    return ",".join(map(canonical, values))`,
  number: String.raw`
def number(x):
    """A computed double: whole below 2^53, it is an integer; undefined, it is null; beyond all doubles, the record is bad."""
    if x != x: return None
    if x in (math.inf, -math.inf): raise Bad("a number beyond all doubles was computed")
    return int(x) if x.is_integer() and -2**53 < x < 2**53 else x`,
  double: String.raw`
def double(v):
    """The double of a number that is computed with."""
    try: return float(v)
    except OverflowError: raise Bad("an integer beyond all doubles meets a double") from None`,
  NUMBERS: String.raw`
NUMBERS = {int, float, Kept}`,
  field: String.raw`
def field(v, *path):
    """What a path leads to; null where there is nothing."""
    for step in path:
        if type(step) is str: v = v.get(step) if type(v) is dict else None
        else: v = v[step] if type(v) is list and step < len(v) else None
    return v`,
  item: String.raw`
def item(v, at):
    """A member or an element whose name or place was computed."""
    if type(v) is dict: return v.get(at) if type(at) is str else None
    return v[int(at)] if type(v) is list and type(at) in NUMBERS and at == int(at) and 0 <= at < len(v) else None`,
  fields: String.raw`
def fields(record):
    """The whole record as a value."""
    return {k: v for k, v in record.items() if type(k) is str}`,
  equal: String.raw`
def equal(a, b): return None if a is None or b is None else same(a, b)`,
  unequal: String.raw`
def unequal(a, b): return None if a is None or b is None else not same(a, b)`,
  compare: String.raw`
def compare(a, b, holds):
    """An order of two values of one kind; null of different kinds, and of objects."""
    if a is None or b is None: return None
    kind = KINDS[type(a)]
    if kind != KINDS[type(b)] or kind == 5: return None
    return holds(a, b) if kind < 4 else holds(order(a), order(b))`,
  less: String.raw`
def less(a, b): return compare(a, b, operator.lt)`,
  at_most: String.raw`
def at_most(a, b): return compare(a, b, operator.le)`,
  greater: String.raw`
def greater(a, b): return compare(a, b, operator.gt)`,
  at_least: String.raw`
def at_least(a, b): return compare(a, b, operator.ge)`,
  truth: String.raw`
def truth(v): return v if type(v) is bool else None`,
  not_: String.raw`
def not_(v): return None if type(v) is not bool else not v`,
  and_: String.raw`
def and_(first, *others):
    """Three-valued: false decides, then null; the others are looked at only while nothing is decided."""
    result = truth(first)
    for other in others:
        if result is False: break
        v = truth(other())
        if v is not True: result = v
    return result`,
  or_: String.raw`
def or_(first, *others):
    """Three-valued: true decides, then null."""
    result = truth(first)
    for other in others:
        if result is True: break
        v = truth(other())
        if v is not False: result = v
    return result`,
  coalesce: String.raw`
def coalesce(first, *others):
    """a ?? b"""
    for other in others:
        if first is not None: break
        first = other()
    return first`,
  is_in: String.raw`
def is_in(a, b):
    """Member of a list, key of an object."""
    if a is None or b is None: return None
    if type(b) is list: return any(same(x, a) for x in b)
    return a in b if type(b) is dict and type(a) is str else None`,
  where: String.raw`
def where(v):
    """A condition: exactly true holds; what is neither boolean nor null makes the record bad."""
    if v is not None and type(v) is not bool: raise Bad("a condition is neither true nor false: " + encode(v))
    return v is True`,
  add: String.raw`
def add(a, b):
    if type(a) is int and type(b) is int or type(a) is str and type(b) is str: return a + b
    return number(double(a) + double(b)) if type(a) in NUMBERS and type(b) in NUMBERS else None`,
  subtract: String.raw`
def subtract(a, b):
    if type(a) is int and type(b) is int: return a - b
    return number(double(a) - double(b)) if type(a) in NUMBERS and type(b) in NUMBERS else None`,
  multiply: String.raw`
def multiply(a, b):
    if type(a) is int and type(b) is int: return a * b
    return number(double(a) * double(b)) if type(a) in NUMBERS and type(b) in NUMBERS else None`,
  divide: String.raw`
def divide(a, b):
    """Real division; by zero it is null."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS: return None
    p, q = double(a), double(b)
    return None if q == 0 else number(p / q)`,
  remainder: String.raw`
def remainder(a, b):
    """It has the sign of the left side; by zero it is null."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS or b == 0: return None
    if type(a) is int and type(b) is int: return abs(a) % abs(b) * (-1 if a < 0 else 1)
    return number(math.fmod(double(a), double(b)))`,
  power: String.raw`
def power(a, b):
    """In doubles; what mathematics leaves undefined is null."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS: return None
    p, q = double(a), double(b)
    if p == 0 and q < 0 or p < 0 and not q.is_integer(): return None
    try: return number(math.pow(p, q))
    except OverflowError: raise Bad("a number beyond all doubles was computed") from None`,
  negate: String.raw`
def negate(v): return -v if type(v) is int else number(-v) if type(v) in NUMBERS else None`,
  plus: String.raw`
def plus(v): return v if type(v) is int else number(float(v)) if type(v) in NUMBERS else None`,
  template: String.raw`
def template(*parts):
    """Text of its parts: strings as they are, anything else as JSON; null where one is null."""
    return None if None in parts else "".join(p if type(p) is str else encode(p) for p in parts)`,
  elements: String.raw`
def elements(v):
    """What ...v adds to a list."""
    return v if type(v) is list else []`,
  members: String.raw`
def members(v):
    """What ...v adds to an object."""
    return v if type(v) is dict else {}`,
} as const;
