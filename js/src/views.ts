/** The front end of every View. One of the two files that know the widget model. */

import type { Exports } from "./channel";
import { joined, Shared, StepCursor } from "./cursor";
import { type Host, type Model, listen } from "./host";
import type { Store } from "./model";
import { showView } from "./view";

/**
 * The picture for readers without the widget is an output of its own, which whoever sees the widget need not see. Only a
 * view hides it: a notebook that is not trusted makes the models and draws no view.
 */
function hidePicture(name: string, signal: AbortSignal): void {
  const picture = `.nbviz-picture-${name.replace(/\W/g, "")}`;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${picture}, .jp-OutputArea-child:has(${picture}) { display: none !important; }`);
  document.adoptedStyleSheets.push(sheet);
  signal.addEventListener("abort", () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
  });
}

/** Puts a newer picture into the document: a page that was loaded anew takes no update of a display made before. */
function renewPicture(model: Model, name: string, html: string): void {
  for (const { outputs } of model.widget_manager?.context?.model?.cells ?? []) {
    for (let i = 0; i < (outputs?.length ?? 0); i++) {
      const output = outputs!.get(i);
      const held = output.data?.["text/html"];
      if (typeof held !== "string" || held === html || !held.includes(`nbviz-picture-${name}"`)) continue;
      const json = output.toJSON();
      outputs!.set(i, { ...json, data: { ...(json.data as object), "text/html": html } });
    }
  }
}

/** The store under the name that this view shows its run by. */
function named(store: Store, [run, family]: [string, string]): Store {
  return run === store.run ? store : Object.create(store, { run: { value: run }, family: { value: family } });
}

/** Traits that only some views have; the panel that reads one knows what it holds. */
const KNOBS = [
  "axis", "charts", "filter", "folded", "front", "group", "hidden", "hparams", "limits", "logx", "logy", "mode", "order", "outliers", "pinned",
  "search", "selection", "spread", "statistic", "steps", "tag", "top", "what", "x", "zoom",
];

async function render(context: { model: Model; el: HTMLElement; host: Host; signal: AbortSignal }): Promise<void> {
  const { model, el, host, signal } = context;
  const references = (model.get("channels") as string[]).map((each) => each.split("#"));
  const models = [...new Set(references.map(([reference]) => reference))];
  const channels = (await Promise.all(models.map((each) => host.getWidget(each)))).map(({ exports }) => exports as Exports);
  if (signal.aborted) return;
  const body = document.createElement("div");
  // JupyterLab would take the arrow keys and Enter for its own; Lumino's application looks for this attribute.
  body.dataset.lmSuppressShortcuts = "true";
  el.append(body);
  signal.addEventListener("abort", () => body.remove());
  const names = model.get("names") as [string, string][];
  const scene = showView(body, {
    stores: references.map(([reference, run = 0], i) => named(channels[models.indexOf(reference)].stores[+run], names[i])),
    cursor: joined(channels.map(({ cursor }) => cursor), () => new StepCursor(), signal),
    layer: joined(channels.map(({ layer }) => layer), () => new Shared<string>(), signal),
    panels: model.get("panels") as string[],
    title: model.get("title") as string,
    smoothing: model.get("smoothing") as number,
    superseded: model.get("superseded") as boolean,
    speech: model.get("speech") !== false,
    tags: model.get("tags") as string[] | null,
    knobs: new Map([["selected", model.get("selected")], ...KNOBS.map((knob) => [knob, model.get(knob)] as const)]),
  }, signal);
  const own = ["selected", ...KNOBS.filter((knob) => model.get(knob) !== undefined)];
  scene.keep = (knob) => {
    if (KNOBS.includes(knob) && !own.includes(knob)) return;
    model.set(knob, scene.knobs.has(knob) ? scene.knobs.get(knob) : scene[knob as "smoothing" | "superseded" | "speech"]);
    model.save_changes();
  };
  for (const knob of own) {
    listen(model, `change:${knob}`, () => {
      scene.knobs.set(knob, model.get(knob));
      scene.request();
    }, signal);
  }
  const picture = String(model.get("picture"));
  hidePicture(picture, signal);
  listen(model, "msg:custom", (message: { type?: string; html?: unknown }) => {
    if (message?.type === "picture" && typeof message.html === "string") renewPicture(model, picture, message.html);
  }, signal);
  for (const knob of ["smoothing", "superseded", "speech"] as const) {
    listen(model, `change:${knob}`, () => {
      Object.assign(scene, { [knob]: model.get(knob) });
      scene.request();
    }, signal);
  }
}

export default { render };
