/**
 * What a host tells of the connection to the kernel. It is not of the anywidget interface: JupyterLab, Notebook 7 and voila
 * hand out the kernel's connection, other hosts nothing, and then only the page's own events are heard.
 */

import { type Model, listen } from "./host";

export interface Listeners {
  /** Messages sent from now on are late or lost. */
  lost(): void;
  /** Messages may have been lost, and travel again. */
  back(): void;
  /** The kernel that had the run is no more. */
  ended(): void;
}

interface Event {
  connect(slot: (sender: unknown, status: string) => void): unknown;
  disconnect(slot: (sender: unknown, status: string) => void): unknown;
}

interface Kernel {
  readonly statusChanged: Event;
  readonly connectionStatusChanged: Event;
}

const ENDED = ["restarting", "autorestarting", "dead"];

function kernelOf(model: Model): Kernel | undefined {
  try {
    const { kernel } = (model as { widget_manager?: { kernel?: Partial<Kernel> } }).widget_manager ?? {};
    return kernel?.statusChanged?.connect && kernel.connectionStatusChanged?.connect ? (kernel as Kernel) : undefined;
  } catch {
    return undefined;
  }
}

export function watchConnection(model: Model, listeners: Listeners, signal: AbortSignal): void {
  const ended = (_: unknown, status: string) => ENDED.includes(status) && listeners.ended();
  const changed = (_: unknown, status: string) => (status === "connected" ? listeners.back() : listeners.lost());
  const back = () => listeners.back();
  const kernel = kernelOf(model);
  kernel?.statusChanged.connect(ended);
  kernel?.connectionStatusChanged.connect(changed);
  signal.addEventListener("abort", () => {
    kernel?.statusChanged.disconnect(ended);
    kernel?.connectionStatusChanged.disconnect(changed);
  });
  listen(model, "comm_live_update", back, signal);
  // A page that slept, or a machine: what was sent meanwhile may be gone.
  document.addEventListener("resume", back, { signal });
  window.addEventListener("pageshow", ({ persisted }) => persisted && back(), { signal });
  window.addEventListener("online", back, { signal });
}
