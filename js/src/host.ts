/** The part of the anywidget front-end module interface (https://anywidget.dev/en/afm/) that nbviz uses. */

/** Of a notebook's document, as far as JupyterLab and Notebook 7 have one: the outputs of its cells. */
interface Outputs {
  readonly length: number;
  get(index: number): { readonly data: Readonly<Record<string, unknown>>; toJSON(): Record<string, unknown> };
  set(index: number, output: Record<string, unknown>): void;
}

export interface Model {
  /** Not of the anywidget interface: the host's own. */
  readonly widget_manager?: { readonly context?: { readonly model?: { readonly cells?: Iterable<{ readonly outputs?: Outputs }> } } };

  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, callback: (...arguments_: never[]) => void): void;
  off(event: string, callback: (...arguments_: never[]) => void): void;
}

export interface Host {
  getWidget(reference: string): Promise<{ exports: unknown }>;
}

/** Listens until the signal aborts. */
export function listen(model: Model, event: string, callback: (...arguments_: never[]) => void, signal: AbortSignal): void {
  model.on(event, callback);
  signal.addEventListener("abort", () => model.off(event, callback));
}
