"""Train a small classifier, and leave event files, an executed notebook and one HTML page beside this script."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import nbformat
from digits import training
from nbclient import NotebookClient
from nbformat.sign import NotebookNotary
from tensorboardX import SummaryWriter

import nbviz

HERE = Path(__file__).resolve().parent
RUN = HERE / "runs" / "digits"
PAGE = HERE / "digits.html"
NOTEBOOK = HERE / "digits.ipynb"
EXECUTED = HERE / "digits_executed.ipynb"

FAREWELL = f"""
The page      {PAGE.as_uri()}
              Open it in any browser, by this address or with a double click. Drag the slider below the
              charts, or click it and press the arrow keys. It needs no Python and no network.
The notebook  {EXECUTED}
              `make lab` opens it in JupyterLab. Run its cells to see the curves move.
Event files   {RUN}
              nbviz.read("{RUN.parent.name}") reads them, and so does TensorBoard."""


def train(steps: int) -> nbviz.LiveLoss:
    shutil.rmtree(RUN, ignore_errors=True)  # of the last time: two runs in one directory would read as one
    live = nbviz.LiveLoss(run=nbviz.Run("digits"))
    print(f"Training a classifier of handwritten digits for {steps:,} steps")
    with live, SummaryWriter(str(RUN)) as writer:
        for step, metrics, tensors in training(steps):
            live.log(metrics, step=step)
            for tag, value in metrics.items():
                writer.add_scalar(tag, value, step)
            for tag, tensor in tensors.items():
                live.log_histogram(tag, tensor, step=step)
                writer.add_histogram(tag, tensor, step)
    return live


def execute_notebook() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    quiet = ["--IPKernelApp.log_level=ERROR"]
    NotebookClient(notebook, timeout=300, extra_arguments=quiet, resources={"metadata": {"path": str(HERE)}}).execute()
    # JupyterLab shows the widgets of a notebook that this user has run, and we ran it for them.
    NotebookNotary().sign(notebook)
    nbformat.write(notebook, EXECUTED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1800, help="training steps (default: %(default)s)")
    steps = parser.parse_args().steps
    if steps < 1:
        parser.error(f"--steps must be 1 or more, not {steps}")
    live = train(steps)
    nbviz.export_html(nbviz.Inspector(live.run, smoothing=0.8), PAGE)
    print(f"Executing {NOTEBOOK.name}")
    execute_notebook()
    print(FAREWELL)


if __name__ == "__main__":
    main()
