// Drives a notebook by the application's own commands and models, which JupyterLab and Notebook 7 share.
window.harness = (() => {
  const panel = () =>
    [...window.jupyterapp.shell.widgets("main")].find((widget) => widget.context?.path?.endsWith(".ipynb"));
  const kernel = () => panel().sessionContext.session?.kernel;
  const cell = (index) => panel().content.widgets[index];
  const command = (name) => {
    window.jupyterapp.shell.activateById(panel().id);
    return window.jupyterapp.commands.execute(name);
  };

  return {
    shown: () => Boolean(window.jupyterapp?.shell && panel()?.context.isReady && panel().content.widgets.length),
    idle: () => kernel()?.connectionStatus === "connected" && kernel().status === "idle",
    connected: () => kernel()?.connectionStatus === "connected",
    kernelInfo: async () => void (await kernel().info),
    interrupt: async () => void (await kernel().interrupt()),
    save: async () => void (await panel().context.save()),
    theme: (name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
    trusted: (index) => cell(index).model.trusted,
    outputs: (index) => cell(index).model.outputs.toJSON(),

    // Starts a command that may wait for a dialog's answer, and does not wait for it.
    start: (name) => void command(name),

    run: (index) => {
      const { content } = panel();
      content.activeCellIndex = index;
      content.deselectAll();
      content.widgets[index].model.sharedModel.execution_count = null;
      void command("notebook:run-cell");
    },

    ran: (index) => {
      const { model } = cell(index);
      return model.executionCount !== null && model.executionState === "idle";
    },

    // What the code prints. The document knows nothing of it.
    execute: async (code) => {
      const future = kernel().requestExecute({ code, store_history: false });
      let text = "";
      future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "stream") text += content.text;
      };
      const { content } = await future.done;
      if (content.status !== "ok") throw new Error(`${content.ename}: ${content.evalue}`);
      return text;
    },

    addCell: (source) => {
      const { sharedModel } = panel().content.model;
      sharedModel.addCell({ cell_type: "code", source });
      return sharedModel.cells.length - 1;
    },
  };
})();
