/**
 * Fewer rows that still show every spike: first, smallest, largest and last of each bucket of rows, and the first that
 * is NaN or infinite. nbviz/reduce.py does the same in the kernel.
 */

/**
 * Which of the first `length` points to keep, where `index` says which row each point is.
 * A bucket is `stride` rows; points are in the order of their rows.
 */
export function keptPoints(index: Float64Array, values: Float64Array, length: number, stride: number): Uint32Array {
  const kept = new Uint32Array(length);
  let count = 0;
  for (let begin = 0; begin < length; ) {
    const bucket = Math.floor(index[begin] / stride);
    const end = bucketEnd(index, begin, length, (bucket + 1) * stride);
    let low = -1;
    let high = -1;
    let nonfinite = -1;
    for (let i = begin; i < end; i++) {
      const value = values[i];
      if (!Number.isFinite(value)) nonfinite = nonfinite < 0 ? i : nonfinite;
      else {
        if (low < 0 || value < values[low]) low = i;
        if (high < 0 || value > values[high]) high = i;
      }
    }
    const picked = [begin, low, high, nonfinite, end - 1].filter((i) => i >= 0).sort((a, b) => a - b);
    for (const i of picked) if (count === 0 || kept[count - 1] !== i) kept[count++] = i;
    begin = end;
  }
  return kept.subarray(0, count);
}

function bucketEnd(index: Float64Array, begin: number, length: number, bound: number): number {
  let end = begin + 1;
  while (end < length && index[end] < bound) end++;
  return end;
}
