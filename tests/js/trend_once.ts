/** Prints the slope of each list of points on its input, and whether its sign is certain. Driven by tests/test_trend.py. */

import { readFileSync } from "node:fs";
import { slopeOf } from "../../js/src/trend";

const lists: [number, number][][] = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(lists.map(slopeOf)));
