import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesOf, decodeFrame } from "../../js/src/wire";

const golden = (name: string) => new URL(`../../../tests/golden/${name}`, import.meta.url);

/** As JSON can hold it: numbers that are not finite are their names. */
function plain(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}

for (const name of ["rows", "grown", "series", "restarts", "detail", "totals", "marks"]) {
  test(`the golden frame "${name}" is decoded as described`, () => {
    const frame = decodeFrame(bytesOf(readFileSync(golden(`${name}.bin`)))!);
    assert.deepEqual(plain(frame), JSON.parse(readFileSync(golden(`${name}.json`), "utf-8")));
  });
}

test("bytes are taken from views at any offset, buffers and base64", () => {
  const bytes = readFileSync(golden("series.bin"));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const forms = [new DataView(shifted.buffer, 3), shifted.subarray(3), bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), bytes.toString("base64")];
  const expected = plain(decodeFrame(bytesOf(bytes)!));
  for (const form of forms) assert.deepEqual(plain(decodeFrame(bytesOf(form)!)), expected);
  assert.equal(bytesOf(null), null);
  assert.equal(bytesOf({}), null);
});

for (const name of ["series", "grown"]) {
  test(`a block cut short is refused: ${name}`, () => {
    const bytes = bytesOf(readFileSync(golden(`${name}.bin`)))!;
    for (const length of [0, 3, 7, 40, bytes.length - 8]) assert.throws(() => decodeFrame(bytes.slice(0, length)));
  });
}

for (const grown of [3, [3], [[1]], [[0, 5, 1, 3]], [[0, 5, -2, [1]]], [[0, 5, 1e9, [1]]], [[0, 5, 1, null]], [[0, 5, 1, [0], 3]]]) {
  test(`nonsense about what has grown is refused: ${JSON.stringify(grown)}`, () => {
    const header = new TextEncoder().encode(JSON.stringify({ grown }).padEnd(64));
    const bytes = new Uint8Array(8 + 64 + 64);
    bytes[0] = 64;
    bytes.set(header, 8);
    assert.throws(() => decodeFrame(bytes));
  });
}
