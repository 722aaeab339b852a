/** Wire frames, as nbviz/formats/wire.py encodes them; docs/wire.md has the layout and the message table. */

import type { Mark, Place, Stairs, State } from "./model";

export interface ScalarColumns {
  steps: Float64Array;
  walls: Float64Array;
  values: Float64Array;
  /** Which row each point is, or null when no row is left out. */
  index: Uint32Array | null;
}

export interface HistogramColumns {
  steps: Float64Array;
  walls: Float64Array;
  nonfinite: Float64Array;
  zeros: Float64Array;
  /** Two a capture, NaN where they are not known; null where none are. */
  extremes: Float32Array | null;
  totals: Float64Array;
  counts: Float32Array[];
  edges: Float64Array[];
  /** The last row of each capture, or null where every capture is one row. */
  index: Uint32Array | null;
}

interface SpliceBase {
  tag: string;
  /** The number by which rows that have grown name it; in splices from 0. */
  series?: number;
  generation: number;
  start: number;
  rows: number;
  /** Rows that are here; fewer than `rows` when the splice is reduced. */
  points: number;
  /** Rows that the series had, in an answer to what lies between two steps. */
  of: number;
  place: Place | null;
  restarts: Stairs;
}

export type Splice =
  | (SpliceBase & { kind: "scalar"; columns: ScalarColumns })
  | (SpliceBase & { kind: "histogram"; columns: HistogramColumns });

/** The same new rows of several scalar series. */
export interface Grown {
  generation: number;
  start: number;
  series: number[];
  steps: Float64Array;
  walls: Float64Array;
  values: Float64Array[];
}

export interface Frame {
  number: number;
  state: State;
  splices: Splice[];
  grown?: Grown[];
  /** [generation, rows] by tag: how far the kernel has sent each series. */
  totals: Map<string, readonly [number, number]>;
  /** All marks of the run, and the steps it is going to have; undefined where the frame does not say. */
  marks?: readonly Mark[];
  planned?: number | null;
  /** The steps asked about, where this answers with what is to be seen between them. */
  detail: readonly [number, number] | null;
}

type GrownHead = [generation: number, start: number, rows: number, series: number[], steps?: [number, number]];

interface Head {
  tag: string;
  series?: number;
  kind?: "scalar" | "histogram";
  generation?: number;
  start: number;
  rows?: number;
  points?: number;
  of?: number;
  steps?: [number, number];
  place?: [string, Place["role"], Place["unit"], Place["best"], Place["panel"]];
  restarts?: Stairs;
  depth?: "u2" | "u1";
  uniform?: boolean;
  coded?: boolean;
  wide?: boolean;
  nonfinite?: boolean;
  zeros?: boolean;
  extremes?: boolean;
}

const PREFIX = 8;
const ALIGNMENT = 8;

/** Whatever a host hands over as binary, as bytes; some hosts hand over base64. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | null {
  if (typeof value === "string") return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  if (ArrayBuffer.isView(value)) {
    // A copy begins at offset 0, so that columns are aligned for the typed arrays whatever the host's byteOffset.
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  }
  // Not instanceof: a buffer of another realm is none of ours.
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value as ArrayBuffer);
  return null;
}

/** Throws a RangeError or SyntaxError when the bytes are no frame. */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): Frame {
  const prefix = new DataView(bytes.buffer);
  const length = prefix.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX, PREFIX + length)));
  const reader = new Reader(bytes.buffer, PREFIX + length);
  return {
    number: prefix.getUint32(4, true),
    state: header.state ?? "live",
    splices: (header.splices ?? []).map((head: Head) => splice(head, reader)),
    ...(header.grown && { grown: header.grown.map((head: GrownHead) => grown(head, reader)) }),
    totals: new Map(Object.entries(header.totals ?? {})) as Frame["totals"],
    ...(header.marks && { marks: header.marks, planned: header.planned }),
    detail: header.detail ?? null,
  };
}

/** Takes 8-aligned columns off a block, one after the other. */
class Reader {
  constructor(private readonly buffer: ArrayBuffer, private offset: number) {}

  take<Column extends { byteLength: number }>(
    Type: { new (buffer: ArrayBuffer, offset: number, length: number): Column },
    length: number,
  ): Column {
    const column = new Type(this.buffer, this.offset, length);
    this.offset += Math.ceil(column.byteLength / ALIGNMENT) * ALIGNMENT;
    return column;
  }
}

function grown([generation, start, rows, series, even]: GrownHead, reader: Reader): Grown {
  const steps = even ? spaced(even, rows) : reader.take(Float64Array, rows);
  const walls = reader.take(Float64Array, rows);
  return { generation, start, series, steps, walls, values: series.map(() => reader.take(Float64Array, rows)) };
}

function splice(head: Head, reader: Reader): Splice {
  const rows = head.rows ?? 1;
  const points = head.points ?? rows;
  const [chart, role, unit, best, panel] = head.place ?? [];
  const base: SpliceBase = {
    tag: head.tag,
    ...(head.series !== undefined && { series: head.series }),
    generation: head.generation ?? 0,
    start: head.start,
    rows,
    points,
    of: head.of ?? head.start + rows,
    place: chart === undefined ? null : { chart, role: role!, unit: unit!, best: best!, panel: panel! },
    restarts: head.restarts ?? [],
  };
  let steps = head.steps ? spaced(head.steps, points) : reader.take(Float64Array, points);
  const walls = reader.take(Float64Array, points);
  if (head.kind === "histogram") {
    return { ...base, kind: "histogram", columns: { steps, walls, ...histograms(head, points, reader) } };
  }
  const values = reader.take(Float64Array, points);
  const index = head.points === undefined ? null : reader.take(Uint32Array, points);
  if (head.steps && index) steps = spaced(head.steps, points, (i) => index[i] - head.start);
  return { ...base, kind: "scalar", columns: { steps, walls, values, index } };
}

function spaced([first, stride]: [number, number], points: number, row = (i: number): number => i): Float64Array {
  const steps = new Float64Array(points);
  for (let i = 0; i < points; i++) steps[i] = first + stride * row(i);
  return steps;
}

function histograms(head: Head, points: number, reader: Reader): Omit<HistogramColumns, "steps" | "walls"> {
  const nonfinite = head.nonfinite ? reader.take(Float64Array, points) : new Float64Array(points);
  const zeros = head.zeros ? reader.take(Float64Array, points) : new Float64Array(points);
  const extremes = head.extremes ? reader.take(Float32Array, 2 * points) : null;
  const totals = reader.take(Float64Array, points);
  const lengths = reader.take(Uint32Array, points);
  const bins = lengths.reduce((sum, length) => sum + length, 0);
  const edgesOf = edgesReader(head, points, bins, reader);
  const levels = reader.take<Uint16Array | Uint8Array>(head.depth === "u1" ? Uint8Array : Uint16Array, bins);
  const edges: Float64Array[] = [];
  const counts: Float32Array[] = [];
  for (let i = 0, at = 0; i < points; i++) {
    edges.push(edgesOf(i, at, lengths[i]));
    counts.push(scaled(levels.subarray(at, at + lengths[i]), totals[i]));
    at += lengths[i];
  }
  return { nonfinite, zeros, extremes, totals, counts, edges, index: points < (head.rows ?? 1) ? reader.take(Uint32Array, points) : null };
}

/** Reads the edges of all captures, and gives those of the one whose bins begin at a place. */
function edgesReader(head: Head, points: number, bins: number, reader: Reader): (capture: number, at: number, length: number) => Float64Array {
  if (head.uniform) {
    const ends = reader.take(Float64Array, 2 * points);
    return (i, _, length) => between(ends[2 * i], ends[2 * i + 1], length);
  }
  if (head.coded) {
    const codes = reader.take(Int16Array, points);
    const rises = reader.take(Uint8Array, bins);
    return (i, at, length) => coded(codes[i], rises.subarray(at, at + length));
  }
  const flat = reader.take<Float32Array | Float64Array>(head.wide ? Float64Array : Float32Array, bins + points);
  return (i, at, length) => Float64Array.from(flat.subarray(at + i, at + i + length + 1));
}

const BITS = new Uint32Array(1);
const SINGLE = new Float32Array(BITS.buffer);

/** Edges of a sketch's bins, of which the first twelve bits of a float32 are the code: see nbviz/formats/edgecodes.py. */
function coded(code: number, rises: Uint8Array): Float64Array {
  return Float64Array.from({ length: rises.length + 1 }, (_, i) => {
    if (i) code = rises[i - 1] ? code + rises[i - 1] : -code;
    BITS[0] = Math.abs(code) << 20;
    return code < 0 ? -SINGLE[0] : SINGLE[0];
  });
}

function between(low: number, high: number, bins: number): Float64Array {
  return Float64Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + ((high - low) * i) / bins));
}

/** Levels are shares of the largest count; the sum, which travels exactly, scales them back. */
function scaled(levels: Uint16Array | Uint8Array, total: number): Float32Array {
  let sum = 0;
  for (const level of levels) sum += level;
  return Float32Array.from(levels, (level) => (sum ? (level * total) / sum : 0));
}
