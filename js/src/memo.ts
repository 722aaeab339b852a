/** What is kept until what it was made of is another. */

/** Compares one by one: of hundreds of layers and their versions nothing is cheaper, least of all one long text. */
export const same = (a: readonly unknown[] | null, b: readonly unknown[]): boolean =>
  a?.length === b.length && b.every((each, i) => Object.is(a[i], each));

export class Memo<Value> {
  private from: readonly unknown[] | null = null;
  private value: Value | undefined;

  /** What `make` made of these; it is given what it made before. */
  of(from: readonly unknown[], make: (before: Value | undefined) => Value): Value {
    if (!same(this.from, from)) [this.from, this.value] = [from, make(this.value)];
    return this.value!;
  }
}

/** The same for each of many owners, as long as they live. */
export class Memos<Owner extends object, Value> {
  private readonly all = new WeakMap<Owner, Memo<Value>>();

  of(owner: Owner, from: readonly unknown[], make: (before: Value | undefined) => Value): Value {
    let memo = this.all.get(owner);
    if (!memo) this.all.set(owner, (memo = new Memo()));
    return memo.of(from, make);
  }
}
