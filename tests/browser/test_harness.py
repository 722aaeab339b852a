"""The harness itself, with widgets of no use, so that a failure elsewhere is not the harness's."""

from __future__ import annotations

from tests.browser.conftest import OpenNotebook

COUNTER = """
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    function render({ model, el, signal }) {
      const show = (text) => { el.innerHTML = `<p class="counter">${text}</p>`; };
      show(`trait ${model.get("count")}`);
      model.on("msg:custom", (message) => show(`message ${message.count}`));
    }
    export default { render };
    '''
    count = traitlets.Int(0).tag(sync=True)

counter = Counter(count=7)
"""


def test_a_widget_shows_in_jupyterlab(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([COUNTER, "counter"])
    notebook.run(0)
    notebook.run(1)
    assert notebook.output(1).locator(".counter").inner_text() == "trait 7"
