"""Somebody who reads pages and fills in forms (读者), as people do: by what stands beside a field and on a button."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Response, expect

from .stage import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
WAIT = 8_000
# A refused form is answered with its reasons and such a status, of which the browser itself makes a note.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4(03|04|09|22)")
_WORST = ("serious", "critical")
_FINDINGS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(each => [each.impact, each.id, each.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')])"""


class Reader:
    """A session of one person; `complaints`: errors that the browser noted, and whatever the server broke at."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT)
        self.complaints: list[str] = []
        self.page.on("console", self._noted)
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        self.page.on("response", self._answered)

    def _noted(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _REFUSED.match(message.text):
            self.complaints.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def sign_in(self, name: str) -> None:
        self.open("/")
        self.fill(登录名=name, 密码=PASSWORD)
        self.press("登录")
        expect(self.page.get_by_role("heading", name="待办")).to_be_visible()

    def open(self, path: str) -> "Reader":
        self.page.goto(f"{self.address}{path}")
        return self

    def follow(self, text: str) -> "Reader":
        """The first link with this text."""
        self.page.locator("main").get_by_role("link", name=text).first.click()
        return self

    def press(self, text: str) -> "Reader":
        self.page.get_by_role("button", name=text, exact=True).click()
        return self

    def begins(self, step: str, path: str = "") -> "Reader":
        """The button of a step: a link that brings its form."""
        if path:
            self.open(path)
        self.page.locator("main .buttons").get_by_role("link", name=step, exact=True).click()
        expect(self.page.get_by_role("button", name=f"确认：{step.removeprefix('新建：')}")).to_be_visible()
        return self

    def confirms(self, step: str) -> "Reader":
        """Send the form, and be told that it is done."""
        self.press(f"确认：{step}")
        self.sees("已办理")
        return self

    def does(self, step: str, **fields: str) -> "Reader":
        self.begins(step)
        self.fill(**fields)
        return self.confirms(step)

    def fill(self, **fields: str) -> "Reader":
        """Fields by what stands beside them: typed, chosen by what the choice says, or ticked."""
        for label, value in fields.items():
            field = self.field(label)
            kind = field.evaluate("each => each.tagName + '/' + each.type")
            if kind.startswith("SELECT"):
                field.select_option(label=value)
            elif kind.endswith(("/checkbox", "/radio")):
                field.check()
            elif kind.endswith("/file"):
                field.set_input_files({"name": value, "mimeType": "application/pdf", "buffer": PDF})
            else:
                field.fill(value)
        return self

    def field(self, label: str) -> Locator:
        wanted = re.compile(rf"^\s*{re.escape(label)}( |（|$)")
        return self.page.get_by_label(wanted).first

    def sees(self, *texts: str) -> "Reader":
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)
        return self

    def sees_not(self, *texts: str) -> "Reader":
        for text in texts:
            expect(self.page.locator("main")).not_to_contain_text(text)
        return self

    @property
    def where(self) -> str:
        """The path of the page, without what was asked for."""
        return self.page.url.removeprefix(self.address).split("?")[0]

    def finds_no_barrier(self) -> "Reader":
        """axe finds nothing serious or critical on the page as it stands."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[Any] = self.page.evaluate(_FINDINGS)
        worst = [each for each in found if each[0] in _WORST]
        assert worst == [], f"{self.page.url}: {worst}"
        return self
