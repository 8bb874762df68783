"""A real browser, and how long a page takes in it: measured inside the page, so that nothing waits for a driver."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pomp.errors import PompError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, JSHandle, Page, Request, WebSocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
TIMEOUT_MS = 60_000
_SETTLE_MS = 500  # figures are drawn after the script has run

# Before the page's own scripts: when its first content stood there, in ms since it was asked for, and when the last
# message came that says that the script has run: it ends with the field `script_finished`, number 6, and 0, or 3 where
# it was a part of the page that is drawn by itself.
_WATCH = """
window.pompFirst = new Promise((resolve) => {
  const look = () => {
    if (document.querySelector('[data-testid="stMain"] h1')) resolve(performance.now())
    else requestAnimationFrame(look)
  }
  look()
})
window.pompFinished = 0
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given)
    this.addEventListener("message", ({ data }) => {
      const bytes = new Uint8Array(data)
      if (bytes.length < 100 && bytes.at(-2) === 6 << 3 && [0, 3].includes(bytes.at(-1)))
        window.pompFinished = performance.now()
    })
  }
}"""

# The first of the buttons that can be clicked and is not down already.
_FIND = """(said) => {
  const buttons = [...document.querySelectorAll('button, [role="radio"]')].filter((button) =>
    !button.disabled && button.getAttribute("aria-checked") !== "true")
  return said.map((text) => buttons.find((one) => one.textContent.includes(text))).find((one) => one)
}"""

# A page that comes to the front is painted anew, which no user waits for who looks at it already.
_IN_FRONT = """() => new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 200))))"""

# From what a user does until the script has run and nothing on the page has changed for a while, which is not counted.
# In ms. A button is clicked; without one, the key R runs the page again, and nothing changes. What lies in a canvas is
# never shown: a table keeps its cells there for screen readers, and writes them a quarter of a second later on purpose.
_UNTIL_STILL = """(button) => new Promise((resolve) => {
  const QUIET = 150
  const press = (type) => document.body.dispatchEvent(
    new KeyboardEvent(type, { key: "r", code: "KeyR", keyCode: 82, which: 82, bubbles: true }))
  const started = performance.now()
  let changed = started
  const shown = ({ target }) => !(target.nodeType === 1 ? target : target.parentElement)?.closest("canvas")
  const observer = new MutationObserver((found) => { if (found.some(shown)) changed = performance.now() })
  observer.observe(document.querySelector('[data-testid="stMain"]'),
    { attributes: true, characterData: true, childList: true, subtree: true })
  const look = () => {
    const last = Math.max(changed, window.pompFinished)
    if (window.pompFinished > started && performance.now() - last > QUIET) {
      observer.disconnect()
      resolve(last - started)
    } else requestAnimationFrame(look)
  }
  if (button) button.click()
  else ["keydown", "keypress", "keyup"].forEach(press)
  look()
})"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window.

    Raises:
        PompError: Playwright or a browser is missing; the message says how to get it.
    """
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # of the development tools
    except ImportError as error:
        raise PompError(
            "The pages are measured in a real browser, which Playwright drives, and it is not installed: run "
            "`pip install 'pomp[dev]'`, or measure the rest with `--only tiles`."
        ) from error
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        raise PompError(
            f"There is no browser on the PATH ({', '.join(NAMES)}). Install Chromium, for example with "
            "`apt-get install chromium`, or measure the rest with `--only tiles`."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class WatchedPage:
    """A page, what came over its websocket, and what went wrong on it."""

    page: Page
    received: int = 0  # bytes
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(TIMEOUT_MS)
        self.page.add_init_script(_WATCH)
        self.page.on("websocket", self._listen)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("request", self._see)

    def open(self, url: str) -> float:
        """Go to a page and wait until it is complete. Returns ms to its first content."""
        self.page.bring_to_front()  # a browser paints what is behind once a second
        self.page.goto(url)
        self.page.wait_for_function("() => window.pompFinished > 0")
        self.page.get_by_role("radio", name="PNG").first.wait_for()
        self.page.wait_for_timeout(_SETTLE_MS)
        return float(self.page.evaluate("() => window.pompFirst"))

    def click(self, *buttons: str) -> float:
        """Click on the first of these that can be clicked and is not down already. Returns ms until all stands.

        Args:
            buttons: of what they say, a part: an icon and a shortcut are text too.

        Raises:
            PompError: none of them is there, nor comes.
        """
        from playwright.sync_api import TimeoutError as Late  # noqa: PLC0415  # of the development tools

        try:
            found = self.page.wait_for_function(_FIND, arg=list(buttons))  # a busy machine may still be drawing
        except Late:
            said = " or ".join(buttons)
            raise PompError(f"{self.page.url} has no button {said} to click: see CLICKS in bench/pages.py.") from None
        return self._until_still(found)

    def rerun(self) -> float:
        """Run the page again with the key R; nothing changes. Returns ms until all stands."""
        return self._until_still(None)

    def _until_still(self, button: JSHandle | None) -> float:
        self.page.bring_to_front()
        self.page.evaluate(_IN_FRONT)
        return float(self.page.evaluate(_UNTIL_STILL, button))

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, payload: str | bytes) -> None:
        self.received += len(payload)

    def _hear(self, message: ConsoleMessage) -> None:
        # Streamlit first looks for itself below a page's own address, where it is not.
        if message.type == "error" and "404" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            self.problems.append(f"another host: {request.url}")
