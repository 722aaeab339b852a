import { formatStep, valueFormat } from "./axes";
import { labelsOf, ROLES, type Group, type Line } from "./group";
import { CROWD, DASH, type Stroke } from "./line";
import type { Place, Scalars, Scene } from "./model";
import type { Axis } from "./second";
import { SmoothCache } from "./smooth";
import { SurveyCache } from "./survey";

/** How many times fewer rows than the densest line of the view make a line a seldom one. */
const SELDOM = 4;

/** The first hue of what was put into a chart beside its first metric: those before are the roles'. */
const OTHERS = 2;
/** How many runs have a hue of their own; those beyond have the same hues again, and other dashes. */
const HUES = 7;
const THIN = 1.25;
/** Of a crowd; hairlines are painted many times faster. */
const HAIR = 1;
const BEYOND: readonly (readonly number[])[] = [[14, 3], [10, 3, 2, 3], [3, 3]];

const kindOf = ({ chart, role }: Place): string => `${chart}\n${role}`;

/** Roles have dashes of their own; where several families have several metrics in one chart, so have these. */
function dashOf({ family, series: { place } }: Line, families: number, kinds: readonly string[]): readonly number[] {
  const kind = families > 1 && kinds.length ? kinds.indexOf(kindOf(place)) : ROLES.indexOf(place.role);
  return (kind === 0 && families > 1 ? cycleDash(family) : DASH[kind % DASH.length]) ?? DASH[0];
}

/** What tells apart runs of one hue. */
export function cycleDash(family: number): readonly number[] {
  const cycle = Math.floor(family / HUES) % (BEYOND.length + 1);
  return cycle ? BEYOND[cycle - 1] : DASH[0];
}

class EdgeCache {
  private readonly kept = new Map<string, { readonly version: number; readonly values: Float64Array }>();

  get(name: string, { version }: Scalars, make: () => Float64Array): Float64Array {
    let kept = this.kept.get(name);
    if (kept?.version !== version) this.kept.set(name, (kept = { version, values: make() }));
    return kept.values;
  }
}

/** Makes the lines of one chart ready to be drawn: their names, hues, dashes and smoothed columns. */
export class Strokes {
  private readonly smooth = new SmoothCache();
  private readonly surveys = new SurveyCache();
  private readonly edges = new EdgeCache();

  constructor(private readonly scene: Scene) {}

  of(group: Group, families: number, densest: number): Stroke[] {
    const labels = labelsOf(group, families);
    const metrics = [...new Set(group.lines.map(({ series }) => series.place.chart))];
    const kinds = metrics.length > 1 ? [...new Set(group.lines.map(({ series }) => kindOf(series.place)))] : [];
    return group.lines.map((line, i) => {
      const label = line.right ? `${labels[i] || line.series.tag} (right)` : labels[i];
      const look = { color: this.hue(group, line, families, metrics), dash: dashOf(line, families, kinds) };
      return this.stroke(line, label, look, densest);
    });
  }

  /** Tells whether a line has to be drawn anew. */
  stamp({ line: { key, series }, label, color, width, shown, band }: Stroke): string {
    return `${key} ${series.version} ${label} ${color} ${width} ${band?.mode} ${shown === series.values ? 0 : this.scene.smoothing}`;
  }

  /** What is drawn around the mean of several runs; smoothed as it is, since smoothing is linear. */
  private band({ key, series }: Line, weight: number): Stroke["band"] {
    const { spread } = series;
    if (!spread) return null;
    const mode = this.scene.runs.spread;
    const edge = (side: -1 | 1): Float64Array => {
      if (mode !== "std") return side < 0 ? spread.low : spread.high;
      return series.values.map((mean, i) => (spread.count[i] > 1 ? mean + side * spread.std[i] : mean));
    };
    const [low, high] = ([-1, 1] as const).map((side) => {
      const name = `${key} ${mode} ${side}`;
      return this.smooth.get(name, { ...series, values: this.edges.get(name, series, () => edge(side)) }, weight);
    });
    return { mode, low, high };
  }

  private stroke(line: Line, label: string, look: Pick<Stroke, "color" | "dash">, densest: number): Stroke {
    const { key, series } = line;
    const past = `${key} past`;
    const front = this.scene.knobs.get("front") as string | undefined;
    const behind = Boolean(front) && line.store.run !== front;
    // Smoothing is there for the noise of single batches. What is logged far more seldom than the rest, as
    // validation is, has been averaged already: smoothed as well it would trail behind by epochs.
    const seldom = series.rows * SELDOM <= densest;
    const weight = seldom ? 0 : Math.min(0.999, Math.max(0, this.scene.smoothing));
    return {
      line,
      label,
      ...look,
      width: this.scene.runs.charted.length > CROWD ? HAIR : this.scene.runs.many || behind ? THIN : 2,
      behind,
      seldom,
      survey: this.surveys.get(key, series),
      shown: this.smooth.get(key, series, weight),
      band: this.band(line, weight),
      past: series.past
        ? { series: series.past, survey: this.surveys.get(past, series.past), shown: this.smooth.get(past, series.past, weight) }
        : null,
    };
  }

  /** Roles have hues of their own; several series of one role in one chart are told apart by more of them. */
  private hue({ lines }: Group, { key, family, series: { place } }: Line, families: number, metrics: readonly string[]): string {
    const { theme } = this.scene;
    if (families > 1) return theme.family(family);
    if (place.chart !== metrics[0]) {
      const others = lines.filter(({ series }) => series.place.chart !== metrics[0]);
      return theme.family(OTHERS + others.findIndex((line) => line.key === key));
    }
    lines = lines.filter(({ series }) => series.place.chart === metrics[0]);
    const same = lines.filter(({ series }) => series.place.role === place.role);
    return same.length === 1 ? theme.role(place.role) : theme.family(same.findIndex((line) => line.key === key));
  }
}

/** Whether the values are shares that can be shown as percentages. */
export function isPercent(strokes: readonly Stroke[]): boolean {
  const finite = strokes.filter(({ survey }) => survey.finite > 0);
  return strokes.every(({ line }) => line.series.place.unit === "percent")
    && finite.every(({ survey }) => survey.low >= 0 && survey.high <= 1);
}

/** Rows that are looked at to tell whether a series counts something. */
const LOOKS = 64;
/** How many times smaller than its axis a line is that has digits of its own. */
const FAR = 20;
/** Any measurement may well begin with a 1. */
const FEWEST = 8;

export type Text = (value: number) => string;

/** How the values of a line are written beside its chart; whole numbers, as epochs are, without decimals. */
export type Texts = (stroke: Stroke) => Text;

/** All on one side alike, but for lines so far below the others that hardly a digit would be left of them. */
export function textsOf(left: Axis, right: Axis | null, strokes: readonly Stroke[]): Texts {
  const [ofLeft, ofRight] = [sideTexts(left, strokes, false), sideTexts(right ?? left, strokes, right !== null)];
  return (stroke) => (stroke.line.right ? ofRight : ofLeft)(stroke.survey);
}

function sideTexts({ ends, percent }: Axis, strokes: readonly Stroke[], right: boolean): (survey: Stroke["survey"]) => Text {
  const common = valueFormat(ends, percent);
  const largest = Math.max(...ends.map(Math.abs));
  const counts = !percent && strokes.every(({ line, shown }) => line.right !== right || isWhole(line.series, shown));
  return ({ low, high }) => {
    const own = Math.max(Math.abs(low), Math.abs(high));
    const text = own > 0 && own * FAR < largest ? valueFormat([0, own], percent) : common;
    return (value) => (counts && Number.isInteger(value) && Math.abs(value) < 1e6 ? formatStep(value) : text(value));
  };
}

/** What has a good end, as a loss, measures something. */
function isWhole({ values, length, place }: Scalars, shown: Float64Array): boolean {
  const apart = Math.max(1, Math.ceil(length / LOOKS));
  if (place.best !== "" || shown !== values || length < FEWEST) return false;
  for (let row = length - 1; row >= 0; row -= apart) if (!Number.isInteger(values[row])) return false;
  return true;
}
