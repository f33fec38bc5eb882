"""Chromium without a window, driven over its DevTools protocol: enough to open a page and look.

`Browser` needs a Chromium on the machine; `CHROMIUM` is None where there is none.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Self

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SECONDS = 60

_UNTIL = """
new Promise((found, lost) => {
  const end = Date.now() + %d;
  const look = () => {
    if (%s) found(true);
    else if (Date.now() > end) lost(new Error(document.body.innerText.slice(0, 500)));
    else setTimeout(look, 50);
  };
  look();
})
"""


class Browser:
    """One window. Use as a context manager: the browser ends with it."""

    def __init__(self, profile: Path, width: int = 1100, height: int = 900) -> None:
        import websocket

        assert CHROMIUM is not None
        command = [CHROMIUM, "--headless=new", "--disable-gpu", "--no-first-run"]
        command += ["--remote-debugging-port=0", f"--user-data-dir={profile}"]
        command += [f"--window-size={width},{height}", "--hide-scrollbars", "about:blank"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(r"ws://([^/]+)/devtools/browser/", line):
                break
        else:
            raise AssertionError("Chromium ended before it listened")
        asked = urllib.request.Request(f"http://{found[1]}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(asked) as answer:
            address = json.load(answer)["webSocketDebuggerUrl"]
        self._socket = websocket.create_connection(address, timeout=SECONDS, suppress_origin=True)
        self._serial = 0
        self._call("Page.enable")

    def open(self, url: str, until: str = "true") -> str:
        """Go to `url`, wait until the JavaScript `until` is true, and give the page's text."""
        self._call("Page.navigate", url=url)
        while json.loads(self._socket.recv()).get("method") != "Page.loadEventFired":
            pass
        self.evaluate(_UNTIL % (SECONDS * 1000, until))
        return str(self.evaluate("document.body.innerText"))

    def evaluate(self, script: str) -> Any:
        """What a line of JavaScript gives in the page, once it has it."""
        told = self._call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The window as a PNG."""
        told = self._call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(told["data"]))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._serial += 1
        self._socket.send(json.dumps({"id": self._serial, "method": method, "params": params}))
        while (told := json.loads(self._socket.recv())).get("id") != self._serial:
            pass
        assert "error" not in told, told["error"]
        result: dict[str, Any] = told["result"]
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(SECONDS)
        assert self._process.stderr is not None
        self._process.stderr.close()
