"""A tab that can really be hidden. Playwright has its pages believe that they are in front whatever is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any, cast

from playwright.sync_api import Browser, Page

VIEWPORT = {"width": 1280, "height": 1800, "deviceScaleFactor": 1, "mobile": False}


class Tab:
    """As much of a page as `LabNotebook` needs, in the browser's own window, driven by its protocol.

    Parameters
    ----------
    browser
    clock
        Any page; time passes while it waits.
    """

    def __init__(self, browser: Browser, clock: Page) -> None:
        self._browser, self._clock = browser.new_browser_cdp_session(), clock
        self._answers: dict[int, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._targets: list[str] = []
        self._browser.on("Target.receivedMessageFromTarget", self._receive)
        self._target = self._create()
        self._session = self._browser.send("Target.attachToTarget", {"targetId": self._target, "flatten": False})
        self._send("Page.enable")
        self._send("Emulation.setDeviceMetricsOverride", VIEWPORT)

    def _create(self) -> str:
        self._targets.append(str(self._browser.send("Target.createTarget", {"url": "about:blank"})["targetId"]))
        return self._targets[-1]

    def _receive(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._answers[message["id"]] = message

    def _send(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        number = next(self._numbers)
        message = json.dumps({"id": number, "method": method, "params": parameters or {}})
        session = {"sessionId": self._session["sessionId"], "message": message}
        self._browser.send("Target.sendMessageToTarget", session)
        self._until(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return cast("dict[str, Any]", answer["result"])

    def _until(self, condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
        for _ in range(round(50 * seconds)):
            if condition():
                return
            self._clock.wait_for_timeout(20)
        raise AssertionError(f"not within {seconds} s: {what}")

    def hide(self) -> None:
        """Bring another tab of the window to the front."""
        self._browser.send("Target.activateTarget", {"targetId": self._create()})
        self.wait_for_function("() => document.visibilityState === 'hidden'")

    def show(self) -> None:
        self._browser.send("Target.activateTarget", {"targetId": self._target})
        self.wait_for_function("() => document.visibilityState === 'visible'")

    def close(self) -> None:
        for target in self._targets:
            self._browser.send("Target.closeTarget", {"targetId": target})
        self._browser.detach()

    # What LabNotebook asks of a page

    def on(self, event: str, listener: Callable[..., object]) -> None:
        """Nobody listens: what is seen tells enough."""

    def add_init_script(self, source: str) -> None:
        self._send("Page.addScriptToEvaluateOnNewDocument", {"source": source})

    def goto(self, url: str) -> None:
        self._send("Page.navigate", {"url": url})

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        code = f"(async () => {{ const found = {expression};"
        code += f"return typeof found === 'function' ? found({json.dumps(argument)}) : found }})()"
        asked = {"expression": code, "awaitPromise": True, "returnByValue": True}
        answer = self._send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for_function(self, expression: str, arg: Any = None, timeout: float = 30_000) -> None:
        self._until(lambda: bool(self._held(expression, arg)), expression, timeout / 1000)

    def _held(self, expression: str, argument: Any) -> Any:
        try:
            return self.evaluate(expression, argument)
        except AssertionError:
            return False  # as while a page is loading
