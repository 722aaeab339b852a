/** Prints which rows keptPoints keeps of each case on its input. Driven by tests/test_reduce.py. */

import { readFileSync } from "node:fs";
import { keptPoints } from "../../js/src/reduce";

const cases: { values: string[]; stride: number }[] = JSON.parse(readFileSync(0, "utf-8"));

const answers = cases.map(({ values, stride }) => {
  const index = Float64Array.from(values, (_, row) => row);
  return Array.from(keptPoints(index, Float64Array.from(values, Number), values.length, stride));
});
process.stdout.write(JSON.stringify(answers));
