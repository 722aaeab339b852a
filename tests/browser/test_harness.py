"""The harness itself, with widgets of no use, so that a failure elsewhere is not the harness's."""

from __future__ import annotations

from pathlib import Path

import nbformat.v4
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer

COUNTER = """
import anywidget, time, traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    function render({ model, el }) {
      const show = (text) => { el.innerHTML = `<p class="counter">${text}</p>`; };
      const showTrait = () => show(`trait ${model.get("count")}`);
      showTrait();
      model.on("change:count", showTrait);
      model.on("msg:custom", (message) => show(`message ${message}`));
    }
    export default { render };
    '''
    count = traitlets.Int(7).tag(sync=True)

counter = Counter()
"""
PICTURE = '<img alt="a picture" src="data:image/svg+xml;base64,PHN2Zy8+">'


def shown(notebook: LabNotebook) -> Locator:
    return notebook.output(1).locator(".counter")


def show_counter(notebook: LabNotebook) -> LabNotebook:
    notebook.run(0)
    notebook.run(1)
    expect(shown(notebook)).to_have_text("trait 7")
    return notebook


@pytest.fixture
def counter(open_notebook: OpenNotebook) -> LabNotebook:
    return show_counter(open_notebook([COUNTER, "counter"]))


def test_a_message_reaches_the_page_while_a_cell_is_busy(counter: LabNotebook) -> None:
    busy = counter.add("counter.send('early')\nwhile counter.count == 7: time.sleep(0.01)")
    late = counter.add("print('late')")
    counter.run(busy, wait=False)
    expect(shown(counter)).to_have_text("message early")
    assert not counter.ran(busy)

    counter.interrupt()
    counter.wait_for("harness.ran(argument)", busy)
    counter.run(late)
    assert counter.outputs(late)[0]["text"] == "late\n"


def test_code_runs_in_the_kernel_behind_the_documents_back(counter: LabNotebook) -> None:
    assert counter.execute("counter.count = 8; print(counter.count)") == "8\n"
    expect(shown(counter)).to_have_text("trait 8")


def test_a_cell_that_raises_fails_the_test(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["1 / 0"])
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run(0)


def test_a_widget_survives_a_reload_of_the_page(counter: LabNotebook) -> None:
    counter.execute("counter.count = 9")
    counter.save()
    counter.reload()
    expect(shown(counter)).to_have_text("trait 9")


def test_a_widget_survives_a_kernel_restart_only_as_a_picture_of_itself(counter: LabNotebook) -> None:
    counter.restart_kernel()
    assert counter.execute("print('counter' in globals())") == "False\n"
    expect(shown(counter)).to_have_text("trait 7")


def test_a_notebook_saved_with_widget_state_shows_it_again(lab: JupyterServer, open_notebook: OpenNotebook) -> None:
    lab.save_widget_state()
    notebook = show_counter(open_notebook([COUNTER, "counter"]))
    notebook.save()
    assert "widgets" in notebook.saved().metadata
    notebook.reopen()
    expect(shown(notebook)).to_have_text("trait 7")
    assert notebook.execute("print('counter' in globals())") == "False\n"


def test_a_notebook_saved_without_widget_state_says_so(counter: LabNotebook) -> None:
    counter.save()
    assert "widgets" not in counter.saved().metadata
    counter.reopen()
    expect(counter.output(1)).to_contain_text("Error displaying widget: model not found")


def test_a_notebook_can_be_opened_without_any_kernel(counter: LabNotebook) -> None:
    counter.save()
    counter.reopen(kernel=False)
    expect(counter.output(1)).to_contain_text("Loading widget...")
    assert not counter.page.evaluate("harness.idle()")


def test_a_notebook_written_by_another_hand_is_not_trusted(open_notebook: OpenNotebook) -> None:
    output = nbformat.v4.new_output("display_data", {"text/html": f"{PICTURE}<svg></svg>"})
    notebook = open_notebook([nbformat.v4.new_code_cell(outputs=[output], execution_count=1)], kernel=False)
    assert not notebook.trusted(0)
    expect(notebook.output(0).get_by_alt_text("a picture")).to_have_count(1)
    expect(notebook.output(0).locator(".jp-RenderedHTML svg")).to_have_count(0)


def test_notebook_7_shows_a_widget(open_notebook: OpenNotebook) -> None:
    show_counter(open_notebook([COUNTER, "counter"], host="notebook"))


def test_the_theme_can_be_set_before_and_changed_after(
    lab: JupyterServer, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    lab.set_theme("dark")
    notebook = open_notebook(["print('hello')"])
    notebook.run(0)
    assert notebook.page.evaluate("document.body.dataset.jpThemeLight") == "false"
    notebook.page.set_viewport_size({"width": 700, "height": 600})
    notebook.screenshot(tmp_path / "dark.png", cell=0)
    notebook.theme("light")
    notebook.screenshot(tmp_path / "light.png", cell=0)
    assert (tmp_path / "dark.png").read_bytes() != (tmp_path / "light.png").read_bytes()


def test_the_errors_of_the_page_are_kept(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["1"], kernel=False)
    assert notebook.errors == []
    notebook.page.evaluate("console.error('written'); setTimeout(() => { throw new Error('thrown') })")
    notebook.wait_for("true")
    assert notebook.errors == ["written", "thrown"]


def test_a_request_to_another_machine_is_noticed_and_goes_nowhere(page: Page, outside: list[str]) -> None:
    page.goto("about:blank")
    error = page.evaluate("fetch('https://example.org/x.js').catch((error) => error.name)")
    assert error == "TypeError"
    assert outside == ["https://example.org/x.js"]
    outside.clear()
