// What stages need in Python beside values: places of records, windows, edits, joins, sorting. A record is a dict; AT and PLACE are keys of it that no JSON has.
export const stages = {
  AT: String.raw`
AT = 0                                                       # key of a record's event time in ms: no JSON has a key that is a number`,
  PLACE: String.raw`
PLACE = 1                                                    # key of a record's place among all: records are compared by it, for a PCollection has no order`,
  KeptPickler: String.raw`
class KeptPickler(pickle.Pickler):
    def persistent_id(self, v): return v.text if type(v) is Kept else None`,
  KeptUnpickler: String.raw`
class KeptUnpickler(pickle.Unpickler):
    def persistent_load(self, text): return Kept(text)`,
  RecordCoder: String.raw`
class RecordCoder(beam.coders.Coder):
    """Records on their way between workers, which know Kept by the job alone."""
    def encode(self, record):
        out = io.BytesIO()
        KeptPickler(out, 4).dump(record)
        return out.getvalue()
    def decode(self, data): return KeptUnpickler(io.BytesIO(data)).load()
    def is_deterministic(self): return False`,
  Record: String.raw`
class Record:
    """What Beam calls the type of a record: a dict in truth."""
beam.coders.registry.register_coder(Record, RecordCoder)`,
  Keyed: String.raw`
Keyed = typing.Tuple[str, Record]`,
  carried: String.raw`
def carried(record):
    """What a record has beside its fields."""
    return {k: v for k, v in record.items() if type(k) is not str}`,
  only: String.raw`
def only(record, names): return {k: v for k, v in record.items() if k in names or type(k) is not str}`,
  ms: String.raw`
def ms(n): return beam.utils.timestamp.Duration(micros=n * 1000)   # never a float of seconds`,
  at_time: String.raw`
def at_time(r): return beam.window.TimestampedValue(r, beam.utils.timestamp.Timestamp(micros=r[AT] * 1000))`,
  matching: String.raw`
def matching(paths):
    """The files of paths and patterns, in their order."""
    found = [sorted(m.path for m in beam.io.filesystems.FileSystems.match([path])[0].metadata_list) for path in paths]
    for path, files in zip(paths, found):
        if not files: raise SystemExit("there is no file " + path)
    return [file for files in found for file in files]`,
  placed_lines: String.raw`
def placed_lines(numbered):
    """The records of a file, each with its place: number of the file, number of the line."""
    index, path = numbered
    with beam.io.filesystems.FileSystems.open(path) as file:
        for n, line in enumerate(file):
            text = line.decode()
            if is_record(text): yield {PLACE: (index, n), **decode(text.removeprefix("\ufeff"))}`,
  window_end: String.raw`
def window_end(window, shift=0): return window.end.micros // 1000 - shift`,
  Cumulative: String.raw`
class Cumulative(beam.window.NonMergingWindowFn):
    """Windows with one start and ends that grow by a step up to a size, in ms."""
    def __init__(self, size, step, offset): self.size, self.step, self.offset = size, step, offset
    def assign(self, context):
        at = context.timestamp.micros // 1000
        start = at - (at - self.offset) % self.size
        first = (at - start) // self.step + 1
        return [interval_window(start, start + n * self.step) for n in range(first, self.size // self.step + 1)]
    def get_window_coder(self): return beam.coders.coders.IntervalWindowCoder()`,
  interval_window: String.raw`
def interval_window(start, end): return beam.window.IntervalWindow(*(beam.utils.timestamp.Timestamp(micros=t * 1000) for t in (start, end)))`,
  Calendar: String.raw`
class Calendar(beam.window.NonMergingWindowFn):
    """Days, weeks from Monday, and months (12 of them: a year) as the clocks of a zone show them; a bound that is skipped is the first instant after it."""
    def __init__(self, unit, count, name, offset): self.unit, self.count, self.name, self.offset = unit, count, name, offset
    def start(self, index):
        if self.unit == "day": day = index
        elif self.unit == "week": day = index * 7 - 3
        else:
            year, month = divmod(index * self.count, 12)
            day = days_of(year, month + 1, 1)
        return first_of(day * DAY + self.offset, zone(self.name))
    def assign(self, context):
        at = context.timestamp.micros // 1000
        day = (at + zone(self.name)(at) - self.offset) // DAY
        year, month, _ = civil(day)
        index = day if self.unit == "day" else (day + 3) // 7 if self.unit == "week" else (year * 12 + month - 1) // self.count
        while self.start(index) > at: index -= 1
        while self.start(index + 1) <= at: index += 1
        return [interval_window(self.start(index), self.start(index + 1))]
    def get_window_coder(self): return beam.coders.coders.IntervalWindowCoder()`,
  first_of: String.raw`
def first_of(local, offset):
    """The first instant at which clocks show a local time or later."""
    before, after = offset(local - DAY), offset(local + DAY)
    fits = [local - by for by in (before, after) if offset(local - by) == by]
    if fits: return min(fits)
    low, high = (local - after - 1000) // 1000, -((before - local) // 1000)
    while high - low > 1:
        middle = (low + high) // 2
        if offset(middle * 1000) == before: low = middle
        else: high = middle
    return high * 1000`,
  bound: String.raw`
def bound(r, name):
    """A bound of the window that a record is in, in ms."""
    v = r.get(name)
    t = instant(v) if type(v) is str else v
    if type(t) is not int: raise Bad(f"{name} is not what a window writes: {encode(v)}")
    return t`,
  put: String.raw`
def put(record, path, v):
    """The record with a field set; objects on the way are made where they are missing."""
    name, *rest = path
    if not rest: return {**record, name: v}
    below = record.get(name)
    if below is not None and type(below) is not dict: raise Bad(f"{'.'.join(path)} cannot be set: {name} is no object")
    return {**record, name: put(below or {}, rest, v)}`,
  renamed: String.raw`
def renamed(record, path, name):
    """The record with another name for a field, where it stands; a field that had the name gives way."""
    first, *rest = path
    if first not in record: return record
    if rest: return {**record, first: renamed(record[first], rest, name)} if type(record[first]) is dict else record
    return {name if k == first else k: v for k, v in record.items() if k == first or k != name}`,
  without: String.raw`
def without(record, path):
    first, *rest = path
    if first not in record: return record
    if rest: return {**record, first: without(record[first], rest)} if type(record[first]) is dict else record
    return {k: v for k, v in record.items() if k != first}`,
  flat: String.raw`
def flat(record, separator, prefix=""):
    """Nested objects as fields with joined names; lists and empty objects stay values."""
    made = {}
    for k, v in record.items():
        if type(k) is not str: made[k] = v
        elif type(v) is dict and v: made.update(flat(v, separator, prefix + k + separator))
        else: made[prefix + k] = v
    return made`,
  exploded: String.raw`
def exploded(r, path, name, keeps_empty):
    """A record for each element of a list, with its place behind that of the record."""
    v = field(r, *path)
    if v is not None and type(v) is not list: raise Bad(".".join(map(str, path)) + " is no array")
    for n, one in enumerate(v or ([None] if keeps_empty else [])):
        yield put({**r, PLACE: (r[PLACE], n)} if PLACE in r else r, name, one)`,
  in_order: String.raw`
def in_order(rows, *keys):
    """Sorted by (values of a record, descending, nulls last), the first key first; records of equal keys stay in the order of input."""
    rows = sorted(rows, key=lambda r: r[PLACE])
    for read, is_descending, nulls_last in reversed(keys):
        rows.sort(key=lambda r: order(read(r)), reverse=is_descending)
        rows.sort(key=lambda r: (read(r) is None) == nulls_last)
    return rows`,
  top: String.raw`
def top(rows, n, ties, *keys):
    """The first n of sorted rows; ties: and all that are equal to the last of them."""
    if ties and len(rows) > n:
        last = [canonical(read(rows[n - 1])) for read, _, _ in keys]
        while n < len(rows) and [canonical(read(rows[n])) for read, _, _ in keys] == last: n += 1
    return rows[:n]`,
  ranked: String.raw`
def ranked(rows, *place):
    """Rows whose place is from now on that in this list."""
    return [{**r, PLACE: (*place, n)} for n, r in enumerate(rows)]`,
  apart: String.raw`
def apart(rows, within, keeps_last):
    """Rows of one key in the order of input: one is a duplicate of a kept one at most so many ms away; keeps_last: a later one takes the place of those."""
    kept = []
    for r in sorted(rows, key=lambda r: r[PLACE]):
        at = bisect.bisect_left(kept, r[AT] - within, key=lambda one: one[AT])
        until = bisect.bisect_right(kept, r[AT] + within, key=lambda one: one[AT])
        if keeps_last: kept[at:until] = [r]
        elif at == until: kept.insert(at, r)
    return kept`,
  frames: String.raw`
def frames(rows, kind, preceding):
    """The rows [start, end) that each row sees: all up to it, the n before it, or those at most so many ms before it; range has all rows of equal time."""
    times = [r[AT] for r in rows]
    for i, t in enumerate(times):
        start = 0 if preceding is None else max(0, i - preceding) if kind == "rows" else bisect.bisect_left(times, t - preceding)
        yield start, i + 1 if kind == "rows" else bisect.bisect_right(times, t)`,
  framed: String.raw`
def framed(rows, value, kind, preceding):
    """A value over the frame of each row."""
    known = None, None
    for start, end in frames(rows, kind, preceding):
        if known[0] != (start, end): known = (start, end), value(rows[start:end])
        yield known[1]`,
  summed: String.raw`
def summed(rows, values, name, kind, preceding):
    """count, sum and avg over the frame of each row, from exact sums of all rows before it: however long the frame, a row costs the same."""
    values = [None if v is False else v for v in values] if name == "count" else [v if type(v) in NUMBERS else None for v in values]
    counts = [*itertools.accumulate((v is not None for v in values), initial=0)]
    if name != "count":
        sums = [*itertools.accumulate((0 if v is None else exact(v) for v in values), initial=0)]
        doubles = [*itertools.accumulate((v is not None and not is_whole(v) for v in values), initial=0)]
    for start, end in frames(rows, kind, preceding):
        n = counts[end] - counts[start]
        if name == "count": yield n
        elif n == 0: yield None
        elif name == "avg": yield quotient(sums[end] - sums[start], n << 1074)
        else: yield sums[end] - sums[start] >> 1074 if doubles[end] == doubles[start] else quotient(sums[end] - sums[start], UNIT)`,
  FOLDS: String.raw`
FOLDS = {
    "min": lambda a, v: v if a is None or v is not None and order(v) < order(a) else a, "max": lambda a, v: v if a is None or v is not None and order(v) > order(a) else a,
    "first": lambda a, v: v if a is None else a, "last": lambda a, v: a if v is None else v,
    "any": lambda a, v: a if type(v) is not bool else v or a is True, "all": lambda a, v: a if type(v) is not bool else v and a is not False,
}`,
  grown: String.raw`
def grown(rows, values, name, kind, preceding=None):
    """An aggregate over all rows up to each, from what it was before."""
    states = [*itertools.accumulate([None, *values], FOLDS[name])]
    for _, end in frames(rows, kind, None): yield states[end]`,
  shifted: String.raw`
def shifted(values, by):
    """The value so many rows before (by > 0) or behind each row; null where there is none."""
    return [values[i - by] if 0 <= i - by < len(values) else None for i in range(len(values))]`,
  numbered: String.raw`
def numbered(rows, kind):
    """row_number, rank and dense_rank of rows in the order of time."""
    times = [r[AT] for r in rows]
    different = sorted(set(times))
    return [i + 1 if kind == "row_number" else bisect.bisect_left(times if kind == "rank" else different, t) + 1 for i, t in enumerate(times)]`,
  by_time: String.raw`
def by_time(rows): return sorted(rows, key=lambda r: (r.get(AT, 0), r.get(PLACE, 0)))`,
  join_key: String.raw`
def join_key(*values):
    """A null key matches nothing."""
    return "" if None in values else key(*values)`,
  joined: String.raw`
def joined(left, right, left_out=(), keys=(), always=False, suffix="_right", name=None):
    """The left record, then the right's fields: a name that the left has, and with always every name that is no key, gets the suffix. name: the right as a whole."""
    taken, fields_of_right = {k for k in left if type(k) is str}, {k: v for k, v in right.items() if type(k) is str and k not in left_out}
    def free(k):
        while k in taken: k += suffix
        taken.add(k)
        return k
    if name is not None: return {**left, free(name): fields(right)}
    is_renamed = {k: k in left or always and k not in keys for k in fields_of_right}
    taken |= {k for k, changes in is_renamed.items() if not changes}
    return {**left, **{free(k + suffix) if is_renamed[k] else k: v for k, v in fields_of_right.items()}}`,
  meet: String.raw`
def meet(group, near, kind, pair, lone=lambda l, r: l, alone=None):
    """The rows of a join for one key. near(l, times): which right rows a left one meets, by their times; lone(l, r): a left row by itself; alone(r): a right row that nobody met."""
    found, rows = group
    left, right, met = by_time(rows["left"]), by_time(rows["right"]), set()
    times = [r.get(AT, 0) for r in right]
    for l in left:
        partners = range(0) if found == "" else near(l, times)
        if kind in ("semi", "anti"):
            if (len(partners) > 0) == (kind == "semi"): yield lone(l, right[partners[0]] if partners else None)
            continue
        for i in partners: yield pair(l, right[i])
        if len(partners) == 0 and kind in ("left", "full"): yield lone(l, None)
        met.update(partners)
    if kind in ("right", "full"):
        for i, r in enumerate(right):
            if i not in met: yield alone(r)`,
  every: String.raw`
def every(l, times): return range(len(times))`,
  own: String.raw`
def own(code):
    """A function of the user's: null in, null out."""
    def call(*args):
        v = None if any(a is None for a in args) else code(*args)
        return number(v) if type(v) is float else v
    return call`,
} as const;
