/** The part of the anywidget front-end module interface (https://anywidget.dev/en/afm/) that nbviz uses. */

export interface Model {
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
