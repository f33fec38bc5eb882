"""Chromium without a window, driven by Playwright: opens pages, looks at them, and listens.

`Browser` needs a Chromium on the machine; `CHROMIUM` is None where there is none. Playwright's own
browsers are not used, so nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SECONDS = 60

SERIOUS = ("serious", "critical")


class Browser:
    """One window. Use as a context manager: the browser ends with it.

    `complaints` are all errors on the console, all exceptions of scripts and all dialogs;
    `requests` are the addresses that were asked for, other than files.
    """

    def __init__(
        self,
        profile: Path,
        width: int = 1100,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        *,
        scripts: bool = True,
    ) -> None:
        from playwright.sync_api import sync_playwright

        assert CHROMIUM is not None
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        self._playwright = sync_playwright().start()
        self._context = self._playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=["--no-sandbox"] if root else [],
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        self._context.set_default_timeout(SECONDS * 1000)
        self.page: Page = self._context.pages[0]
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("dialog", lambda d: (self.complaints.append(d.message), d.dismiss()))
        self.page.on("request", lambda r: self._asked(r.url))

    def open(self, url: str, until: str = "true") -> str:
        """Go to `url`, wait until the JavaScript `until` is true, and give the page's text."""
        self.page.goto(url)
        self.page.wait_for_function(until)
        return str(self.evaluate("document.body.innerText"))

    def evaluate(self, script: str) -> Any:
        """What a line of JavaScript gives in the page, once it has it."""
        return self.page.evaluate(script)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """The window, or the whole page, as a PNG."""
        self.page.screenshot(path=path, full_page=whole)

    def violations(self) -> list[str]:
        """What axe-core finds seriously wrong with the page for people who cannot see or click."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{v['id']}: {node['html']}: {node['failureSummary']}"
            for v in found
            if v["impact"] in SERIOUS
            for node in v["nodes"]
        ]

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme not in ("file", "data", "about"):
            self.requests.append(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()
        self._playwright.stop()
