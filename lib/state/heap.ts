// A binary heap: the least of its elements first. Equal ones come in any order, so a caller that cares leaves none equal.

export class Heap<T> {
  private readonly list: T[] = [];
  private readonly before: (a: T, b: T) => boolean;
  /** before: whether a comes out ahead of b. */
  constructor(before: (a: T, b: T) => boolean) { this.before = before; }

  get size(): number { return this.list.length; }
  /** The least, left where it is; undefined where there is none. */
  get first(): T | undefined { return this.list[0]; }

  /** All of them, in no order. */
  values(): Iterable<T> { return this.list; }

  add(one: T): void {
    const { list } = this;
    let i = list.push(one) - 1;
    for (; i > 0; ) {
      const up = (i - 1) >> 1;
      if (!this.before(one, list[up])) break;
      list[i] = list[up]; i = up;
    }
    list[i] = one;
  }

  /** Takes the least out; undefined where there is none. */
  take(): T | undefined {
    const { list } = this, first = list[0], last = list.pop();
    if (last === undefined || list.length === 0) return first;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= list.length) break;
      if (down + 1 < list.length && this.before(list[down + 1], list[down])) down++;
      if (!this.before(list[down], last)) break;
      list[i] = list[down]; i = down;
    }
    list[i] = last;
    return first;
  }
}
