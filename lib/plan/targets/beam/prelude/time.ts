// Times in Python: RFC 3339 text, numbers of a unit, strptime and strftime, zones and calendar fields (lib/time). Instants are whole ms since 1970, UTC.
export const time = {
  INSTANTS: String.raw`
INSTANTS = range(-62_135_596_800_000, 253_402_300_800_000)   # the years 0001 to 9999`,
  EPOCH: String.raw`
EPOCH = datetime.date(1970, 1, 1).toordinal()`,
  DAY: String.raw`
DAY = 86_400_000`,
  days_of: String.raw`
def days_of(year, month, day):
    """Days since 1970-01-01; None where there is no such date."""
    try: return datetime.date(year, month, day).toordinal() - EPOCH
    except ValueError: return None`,
  instant: String.raw`
def instant(text):
    """The ms of an RFC 3339 text, finer ones floored; None where it is none."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]+))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))", text)
    days = found and days_of(int(found[1]), int(found[2]), int(found[3]))
    if days is None: return None
    offset = (int(found[9]) * 60 + int(found[10])) * (-1 if found[8] == "-" else 1) if found[8] else 0
    ms = days * DAY + ((int(found[4]) * 60 + int(found[5]) - offset) * 60 + int(found[6])) * 1000 + int(((found[7] or "") + "000")[:3])
    return ms if ms in INSTANTS else None`,
  iso: String.raw`
def iso(ms):
    """An instant as text, 2026-11-20T12:00:00.000Z; a bound beyond the years 0000 to 9999 has a sign and six digits."""
    days, rest = divmod(ms, DAY)
    return f"{date_text(days)}T{rest // 3_600_000:02}:{rest // 60_000 % 60:02}:{rest // 1000 % 60:02}.{rest % 1000:03}Z"`,
  civil: String.raw`
def civil(days):
    """Year, month and day of days since 1970-01-01."""
    z = days + 719_468
    era, of_era = divmod(z, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    rest = of_era - (365 * year + year // 4 - year // 100)
    fifth = (5 * rest + 2) // 153
    month = fifth + 3 if fifth < 10 else fifth - 9
    return year + era * 400 + (month <= 2), month, rest - (153 * fifth + 2) // 5 + 1`,
  date_text: String.raw`
def date_text(days):
    year, month, day = civil(days)
    years = f"{year:04}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06}"
    return f"{years}-{month:02}-{day:02}"`,
  UNITS: String.raw`
UNITS = {"s": (1000, 1), "ms": (1, 1), "us": (1, 1000), "ns": (1, 1_000_000)}`,
  event_time: String.raw`
def event_time(v, unit="ms", read=instant):
    """The event time that a field says, in ms; a record without one is bad. Numbers are read from their decimal text: 1.001 s is 1001 ms."""
    up, down = UNITS[unit]
    ms = None
    if type(v) is int: ms = v * up // down
    elif type(v) in NUMBERS: ms = math.floor(fractions.Fraction(v.text if type(v) is Kept else repr(v)) * up / down)
    elif type(v) is str: ms = read(v)
    if ms is None or ms not in INSTANTS: raise Bad("no event time: " + encode(v))
    return ms`,
  zone: String.raw`
@functools.cache
def zone(name):
    """What turns an instant into the offset of a zone there, in ms."""
    fixed = re.fullmatch(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])", name or "+00:00")
    if fixed: return lambda ms, by=(int(fixed[2]) * 60 + int(fixed[3])) * (-60_000 if fixed[1] == "-" else 60_000): by
    where = datetime.timezone.utc if name in ("UTC", "Etc/UTC", "GMT", "Z") else zoneinfo.ZoneInfo(name)
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    def offset(ms):
        at = start + datetime.timedelta(seconds=min(max(ms // 1000, -62_135_510_400), 253_402_214_400))
        return at.astimezone(where).utcoffset() // datetime.timedelta(milliseconds=1)
    return offset`,
  of_local: String.raw`
def of_local(local, offset):
    """The first instant at which clocks show a local time; where it is skipped, that much later."""
    before, after = offset(local - DAY), offset(local + DAY)
    fits = [local - by for by in (before, after) if offset(local - by) == by]
    return min(fits) if fits else local - before`,
  shown: String.raw`
def shown(ms, name):
    """Days and ms of the day that the clocks of a zone show; a clash beyond the years 0001 to 9999."""
    return divmod(ms + zone(name)(ms), DAY)`,
  in_years: String.raw`
def in_years(ms): return ms in INSTANTS`,
  calendar_field: String.raw`
def calendar_field(pick):
    @function("integer", "string")
    def call(ms, name=None): return pick(*shown(ms, name)) if in_years(ms) else None
    return call`,
  f_time: String.raw`
@function("string")
def f_time(text): return instant(text)`,
  f_iso: String.raw`
@function("integer")
def f_iso(ms): return iso(ms) if in_years(ms) else None`,
  f_year: String.raw`
f_year = calendar_field(lambda days, rest: civil(days)[0])`,
  f_month: String.raw`
f_month = calendar_field(lambda days, rest: civil(days)[1])`,
  f_day: String.raw`
f_day = calendar_field(lambda days, rest: civil(days)[2])`,
  f_hour: String.raw`
f_hour = calendar_field(lambda days, rest: rest // 3_600_000)`,
  f_minute: String.raw`
f_minute = calendar_field(lambda days, rest: rest // 60_000 % 60)`,
  f_second: String.raw`
f_second = calendar_field(lambda days, rest: rest // 1000 % 60)`,
  f_weekday: String.raw`
f_weekday = calendar_field(lambda days, rest: (days + 3) % 7 + 1)`,
  f_date: String.raw`
f_date = calendar_field(lambda days, rest: date_text(days))`,
  span: String.raw`
def span(text):
    """The ms of a duration like 5m, 1h30m, PT5M."""
    sizes = 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1
    found = text and re.fullmatch(r"(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?", text) or re.fullmatch(
        r"P(?!\Z)(?:([0-9]+)W|(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?)", text)
    if not found: raise Clash
    ms = sum(int(count) * size for count, size in zip(found.groups(), sizes) if count)
    if ms > 8_640_000_000_000_000: raise Clash
    return ms`,
  f_floor_time: String.raw`
@function("integer", "string")
def f_floor_time(ms, text):
    size = span(text)
    if size == 0: raise Clash
    return ms - ms % size`,
  f_duration: String.raw`
@function("string")
def f_duration(text): return span(text)`,
  MONTHS: String.raw`
MONTHS = "January February March April May June July August September October November December".split()`,
  DAYS: String.raw`
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()`,
  SPELLED: String.raw`
SPELLED = {"T": "%H:%M:%S", "D": "%m/%d/%y", "F": "%Y-%m-%d", "R": "%H:%M", "r": "%I:%M:%S %p", "h": "%b", "c": "%a %b %e %H:%M:%S %Y"}`,
  directives: String.raw`
@functools.cache
def directives(text):
    """A time format as its directives (%d) and characters."""
    parts = re.findall(r"%(?:[369]N|:z|.)|.", text, re.S)
    if parts and parts[-1] == "%": raise Clash
    return tuple(one for part in parts for one in (directives(SPELLED[part[1:]]) if len(part) > 1 and part[1:] in SPELLED else (part,)))`,
  READS: String.raw`
READS = {                                                    # pattern, what it says: longest run of digits, no way back
    "%Y": ("[0-9]{4}", "year"), "%C": ("[0-9]{2}", "century"), "%y": ("[0-9]{1,2}", "short"), "%m": ("[0-9]{1,2}", "month"), "%d": (r"[ \t-\r]*([0-9]{1,2})", "day"),
    "%e": (r"[ \t-\r]*([0-9]{1,2})", "day"), "%j": ("[0-9]{1,3}", "ordinal"), "%H": ("[0-9]{1,2}", "hour"), "%k": (r"[ \t-\r]*([0-9]{1,2})", "hour"), "%I": ("[0-9]{1,2}", "half"),
    "%l": (r"[ \t-\r]*([0-9]{1,2})", "half"), "%M": ("[0-9]{1,2}", "minute"), "%S": ("[0-9]{1,2}", "second"), "%f": ("[0-9]+", "fraction"), "%N": ("[0-9]+", "fraction"),
    "%L": ("[0-9]{3}", "fraction"), "%3N": ("[0-9]{3}", "fraction"), "%6N": ("[0-9]{6}", "fraction"), "%9N": ("[0-9]{9}", "fraction"), "%p": ("(?i:am|pm)", "pm"), "%P": ("(?i:am|pm)", "pm"),
    "%b": ("(?i:" + "|".join(f"{name}|{name[:3]}" for name in MONTHS) + ")", "name"), "%B": ("(?i:" + "|".join(f"{name}|{name[:3]}" for name in MONTHS) + ")", "name"),
    "%a": ("(?i:" + "|".join(f"{name}|{name[:3]}" for name in DAYS) + ")", ""), "%A": ("(?i:" + "|".join(f"{name}|{name[:3]}" for name in DAYS) + ")", ""),
    "%u": ("[1-7]", ""), "%w": ("[0-6]", ""), "%s": ("-?[0-9]{1,15}", "epoch"), "%z": ("[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?", "offset"),
    "%:z": ("[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?", "offset"), "%Z": ("(?i:utc|gmt|ut|z)(?![A-Za-z])", "utc"), "%n": (r"[ \t-\r]*", ""), "%t": (r"[ \t-\r]*", ""), "%%": ("%", ""),
}`,
  LIMITS: String.raw`
LIMITS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "ordinal": (1, 366), "hour": (0, 23), "half": (1, 12), "minute": (0, 59), "second": (0, 59)}`,
  read_time: String.raw`
def read_time(text, layout, name=None):
    """strptime: the ms that a text says in a format, step by step; None where it does not fit."""
    said, at = {}, 0
    for one in directives(layout):
        if len(one) > 1 and one not in READS: raise Clash
        pattern, what = READS[one] if len(one) > 1 else (r"[ \t-\r]*", "") if one in " \t\n\v\f\r" else (re.escape(one), "")
        found = re.compile(pattern).match(text, at)
        if found is None: return None
        at = found.end()
        v = found[found.re.groups]
        if what == "name": what, v = "month", [m[:3].lower() for m in MONTHS].index(v[:3].lower()) + 1
        elif what in LIMITS:
            v = int(v)
            if not LIMITS[what][0] <= v <= LIMITS[what][1]: return None
        elif what == "short": what, v = "year", int(v) + (2000 if int(v) < 69 else 1900)
        elif what == "fraction": v = int((v + "00")[:3])
        elif what == "offset": v = 0 if v in "Zz" else (int(v[1:3]) * 60 + int(v[3:].lstrip(":") or 0)) * (-60_000 if v[0] == "-" else 60_000)
        elif what == "utc": what, v = "offset", 0
        if what: said["hour" if what == "half" else what] = v
    if at < len(text): return None
    if "epoch" in said: ms = int(said["epoch"]) * 1000 + said.get("fraction", 0)
    else:
        year, hour = said.get("year", 1970), said.get("hour", 0)
        if "century" in said: year = int(said["century"]) * 100 + year % 100
        if "pm" in said:
            if not 1 <= hour <= 12: return None
            hour = hour % 12 + (12 if said["pm"].lower() == "pm" else 0)
        first, ordinal = days_of(year, 1, 1), said.get("ordinal", 0)
        days = days_of(year, said.get("month", 1), said.get("day", 1))
        if days is None or first + ordinal > days_of(year, 12, 31) + 1: return None
        ms = (first + ordinal - 1 if ordinal else days) * DAY + ((hour * 60 + said.get("minute", 0)) * 60 + said.get("second", 0)) * 1000 + said.get("fraction", 0)
        ms = ms - said["offset"] if "offset" in said else of_local(ms, zone(name))
    return ms if ms in INSTANTS else None`,
  f_strptime: String.raw`
@function("string")
def f_strptime(text, layout, name=None): return read_time(text, layout, name)`,
  offset_text: String.raw`
def offset_text(ms, colon):
    parts = [f"{n:02}" for n in (abs(ms) // 3_600_000, abs(ms) // 60_000 % 60, abs(ms) // 1000 % 60)]
    return ("-" if ms < 0 else "+") + colon.join(parts if parts[2] != "00" else parts[:2])`,
  f_strftime: String.raw`
@function("integer", "string")
def f_strftime(ms, layout, name=None):
    """An instant as text in a format; English names, in UTC or in a zone."""
    if not in_years(ms): return None
    offset = zone(name)(ms)
    days, rest = divmod(ms + offset, DAY)
    (year, month, day), weekday, hour, second = civil(days), (days + 3) % 7 + 1, rest // 3_600_000, rest // 1000 % 60
    ordinal = days - days_of(max(year, 1), 1, 1) + 1
    thursday = civil(days - weekday + 4)
    week = (days - weekday + 4 - days_of(max(thursday[0], 1), 1, 1)) // 7 + 1
    writes = {
        "Y": f"{year:04}", "C": f"{year // 100:02}", "y": f"{year % 100:02}", "m": f"{month:02}", "d": f"{day:02}", "e": f"{day:2}", "j": f"{ordinal:03}", "H": f"{hour:02}", "k": f"{hour:2}",
        "I": f"{(hour + 11) % 12 + 1:02}", "l": f"{(hour + 11) % 12 + 1:2}", "M": f"{rest // 60_000 % 60:02}", "S": f"{second:02}", "f": f"{rest % 1000:03}000", "N": f"{rest % 1000:03}000000",
        "L": f"{rest % 1000:03}", "3N": f"{rest % 1000:03}", "6N": f"{rest % 1000:03}000", "9N": f"{rest % 1000:03}000000", "p": "AM" if hour < 12 else "PM", "P": "am" if hour < 12 else "pm",
        "b": MONTHS[month - 1][:3], "B": MONTHS[month - 1], "a": DAYS[weekday - 1][:3], "A": DAYS[weekday - 1], "u": str(weekday), "w": str(weekday % 7), "s": str(ms // 1000), "z": offset_text(offset, ""),
        ":z": offset_text(offset, ":"), "Z": name if name and name[0].isalpha() else "UTC" if not name else offset_text(offset, ":"), "G": f"{thursday[0]:04}", "V": f"{week:02}",
        "U": f"{(ordinal + 6 - weekday % 7) // 7:02}", "W": f"{(ordinal + 7 - weekday) // 7:02}", "n": "\n", "t": "\t", "%": "%",
    }
    if any(one[1:] not in writes for one in directives(layout) if len(one) > 1): raise Clash
    return "".join(writes[one[1:]] if len(one) > 1 else one for one in directives(layout))`,
} as const;
