import { labelsOf, ROLES, type Group, type Line } from "./group";
import { DASH, type Stroke } from "./line";
import type { Scene } from "./model";
import { SmoothCache } from "./smooth";
import { SurveyCache } from "./survey";

/** How many times fewer rows than the densest line of the view make a line a seldom one. */
const SELDOM = 4;

/** Makes the lines of one chart ready to be drawn: their names, hues, dashes and smoothed columns. */
export class Strokes {
  private readonly smooth = new SmoothCache();
  private readonly surveys = new SurveyCache();

  constructor(private readonly scene: Scene) {}

  of(group: Group, families: number, densest: number): Stroke[] {
    const labels = labelsOf(group, families);
    return group.lines.map((line, i) => this.stroke(line, labels[i], this.hue(group, line, families), densest));
  }

  /** Tells whether a line has to be drawn anew. */
  stamp({ line: { key, series }, label, color, shown }: Stroke): string {
    return `${key} ${series.version} ${label} ${color} ${shown === series.values ? 0 : this.scene.smoothing}`;
  }

  private stroke(line: Line, label: string, color: string, densest: number): Stroke {
    const { key, series } = line;
    const past = `${key} past`;
    // Smoothing is there for the noise of single batches. What is logged far more seldom than the rest, as
    // validation is, has been averaged already: smoothed as well it would trail behind by epochs.
    const seldom = series.rows * SELDOM <= densest;
    const weight = seldom ? 0 : Math.min(0.999, Math.max(0, this.scene.smoothing));
    return {
      line,
      label,
      color,
      dash: DASH[ROLES.indexOf(series.place.role)] ?? DASH[0],
      survey: this.surveys.get(key, series),
      shown: this.smooth.get(key, series, weight),
      past: series.past
        ? { series: series.past, survey: this.surveys.get(past, series.past), shown: this.smooth.get(past, series.past, weight) }
        : null,
    };
  }

  /** Roles have hues of their own; several series of one role in one chart are told apart by more of them. */
  private hue({ lines }: Group, { key, family, series: { place } }: Line, families: number): string {
    const { theme } = this.scene;
    if (families > 1) return theme.family(family);
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
