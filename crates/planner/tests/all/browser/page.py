"""Opens a report in Chromium and uses it like a person; exits with 1 if something is wrong.

Usage: page.py REPORT.html METRIC
METRIC is a numeric column of the table of cells that some cells lack.
"""

import shutil
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

report, metric = Path(sys.argv[1]).resolve(), sys.argv[2]
address = report.as_uri()
PHONE, DESK, PAPER, PAPER_ACROSS = 360, 1280, 688, 1010
problems = []


def check(what, holds):
    if not holds:
        problems.append(what)


class Opened:
    """A page in its own context, which records all its errors."""

    def __init__(self, browser, width, scheme="light", script=True):
        self.name = f"{width} px, {scheme}{'' if script else ', no script'}"
        size = {"width": width, "height": 800}
        self.context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=script, offline=True)
        # A busy machine is slow, not wrong.
        self.context.set_default_timeout(120_000)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: check(f"{self.name}: console: {said.text}", said.type not in ("error", "warning")))
        self.page.on("pageerror", lambda error: check(f"{self.name}: {error}", False))
        self.page.on("request", self.request)
        self.page.goto(address)

    def request(self, request):
        check(f"{self.name}: asked for {request.url[:80]}", request.url == address or request.url.startswith("data:"))

    def __enter__(self):
        return self.page

    def __exit__(self, *error):
        self.context.close()


def too_wide(page):
    """The elements that are wider than the page and in no scroll box."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth > innerWidth
            ? [...document.querySelectorAll("body *")].filter(
                (one) => one.getBoundingClientRect().right > innerWidth && !one.parentElement.closest(".scroll"),
              ).map((one) => one.outerHTML.slice(0, 120)).slice(0, 3)
            : null"""
    )


def column(page, name):
    """The texts of a column of the table of cells, for the visible rows, in order."""
    return page.evaluate(
        """(name) => {
            const table = document.querySelector("#cells table");
            const place = [...table.tHead.rows[0].cells].findIndex((head) => head.textContent === name);
            return [...table.tBodies[0].rows].filter((row) => row.offsetParent !== null).map((row) => row.cells[place].textContent);
        }""",
        name,
    )


def looks(browser):
    for width in (PHONE, DESK):
        for scheme in ("light", "dark"):
            with Opened(browser, width, scheme) as page:
                check(f"{width} px, {scheme}: wider than the screen: {too_wide(page)}", too_wide(page) is None)
                # Check closed sections, too.
                page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                check(f"{width} px, {scheme}, all open: wider than the screen", too_wide(page) is None)
                found = Axe().run(page, options={"resultTypes": ["violations"]})
                for violation in found.response["violations"]:
                    where = [node["target"] for node in violation["nodes"][:3]]
                    check(f"{width} px, {scheme}: {violation['id']}: {violation['help']}: {where}", False)


def sorts(browser):
    with Opened(browser, DESK) as page:
        head = page.locator("#cells th", has=page.get_by_role("button", name=metric, exact=True))
        before = column(page, metric)
        check(f"{metric}: some cells lack it", "" in before and len(before) > 11)
        # One by a click, the next by the keyboard.
        head.get_by_role("button").click()
        up = column(page, metric)
        page.keyboard.press("Enter")
        down = column(page, metric)
        check("aria-sort", head.get_attribute("aria-sort") == "descending")
        numbers = [float(text) for text in before if text]
        for texts, wanted in ((up, sorted(numbers)), (down, sorted(numbers, reverse=True))):
            check(f"sorted as numbers: {texts}", [float(text) for text in texts[: len(numbers)]] == wanted)
            check("missing ones last", set(texts[len(numbers) :]) == {""})
        page.keyboard.press("Space")
        check("a third time: the order of the sweep", column(page, metric) == before)
        check("aria-sort is none again", head.get_attribute("aria-sort") == "none")
        first = page.locator("#cells th").first.get_by_role("button")
        first.click()
        names = column(page, "cell")
        check("names sort", sorted(names) == sorted(set(names)) and names[0] <= names[-1])


def filters(browser):
    with Opened(browser, DESK) as page:
        field = page.locator("#cells").get_by_label("Filter rows")
        states, values = column(page, "state"), column(page, metric)
        field.fill("FAILED")
        check("a word filters", column(page, "state") == ["failed"] * states.count("failed"))
        status = page.locator("#cells output").inner_text()
        check(f"the count is told: {status}", status == f"{states.count('failed')} of {len(states)} rows")
        numbers = sorted(float(text) for text in values if text)
        middle = numbers[len(numbers) // 2]
        field.fill(f"{metric}<{middle} state=done")
        shown = column(page, metric)
        check("a condition filters", 0 < len(shown) and all(float(text) < middle for text in shown))
        check("no more than it", len(shown) == sum(number < middle for number in numbers))
        field.fill("no such word <b>")
        check("nothing fits", column(page, "state") == [])
        field.fill("")
        check("all again", column(page, "state") == states)
        for text in ('"', "=", "a=", "(", "\\", "<=3", "x>y>z"):
            field.fill(text)
        # A printed table says that it is filtered.
        field.fill("failed")
        page.emulate_media(media="print")
        check("print says that rows are hidden", page.locator("#cells output").is_visible())


def leads(browser):
    with Opened(browser, DESK) as page:
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        check("the first stop is the way to the results", skip.evaluate("(one) => one === document.activeElement"))
        check("and it is seen", skip.evaluate("(one) => one.getBoundingClientRect().top >= 0"))
        outline = skip.evaluate("(one) => getComputedStyle(one).outlineStyle")
        check("the focus is seen", outline == "solid")
        link = page.locator("#cells tbody a").first
        target = page.locator(link.get_attribute("href"))
        check("shut at first", target.get_attribute("open") is None)
        link.click()
        # It opens a moment after the browser has followed the link.
        target.locator("pre").wait_for()
        check("a link to a cell opens it", target.get_attribute("open") is not None)


def plain(browser):
    with Opened(browser, DESK, script=False) as page:
        check("tables without a script", page.locator("#cells tbody tr").count() > 11)
        check("no controls that do nothing", page.locator("button, input").count() == 0)
        check("details open", page.locator("details").count() > 0)


def prints(browser):
    for width, wide in ((PAPER, False), (PAPER_ACROSS, True)):
        with Opened(browser, width) as page:
            page.emulate_media(media="print")
            hidden = page.locator("nav, .skip, .search").filter(visible=True).count()
            check("no controls on paper", hidden == 0)
            check("logs are on paper", page.locator("details pre").first.is_visible())
            # Elements that need landscape paper have their own page.
            out = page.evaluate(
                """([width, wide]) => [...document.querySelectorAll("table, pre, figure")]
                    .filter((one) => one.matches(".wide *") === wide && one.getBoundingClientRect().right > width)
                    .map((one) => one.outerHTML.slice(0, 120))""",
                [width, wide],
            )
            check(f"wider than {width} px of paper: {out}", not out)
    with Opened(browser, DESK) as page:
        paper = page.pdf(prefer_css_page_size=True)
        check("a PDF", paper.startswith(b"%PDF") and len(paper) > 10_000)


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    for part in (looks, sorts, filters, leads, plain, prints):
        part(browser)
    browser.close()
print("\n".join(problems))
sys.exit(bool(problems))
