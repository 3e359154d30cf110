"""The studio page as people use it, in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packshot.cli import run
from packshot.service.studio.chinese import ZH
from packshot.service.studio.english import EN
from packshot.service.studio.markup import esc

from ..batch.tables import APPAREL, write_table
from .conftest import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")

# The machine may be busy with other things.
PATIENCE = 120_000


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server(tmp_path_factory.mktemp("studio"), "--studio")
    yield server.url
    server.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium; apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A visitor's page; what it asks of others is remembered."""

    def __init__(self, browser: Any, url: str, language: str, width: int = 1440, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale="zh-CN" if language == "zh" else "en-US",
            accept_downloads=True,
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.foreign: list[str] = []
        self.page.on(
            "request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else self.foreign.append(r.url)
        )
        self.errors: list[str] = []
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.streams: set[Any] = set()
        self.page.on("request", lambda r: self.streams.add(r) if "/queue/data" in r.url else None)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda r: self.streams.discard(r))
        with self.page.expect_request("**/queue/data*"):
            self.page.goto(f"{url}/", timeout=PATIENCE)
        self.page.wait_for_selector(".chips")
        self.settle()

    def settle(self) -> None:
        """Wait until the page has heard all that it asked for; Gradio can drop what is asked within that moment."""
        while True:
            self.page.wait_for_timeout(100)
            if not self.streams:
                return

    def drawn(self, count: int) -> None:
        """Wait until so many pictures are there; otherwise say what the page says instead."""
        try:
            # Another tab may show pictures of a table.
            self.page.wait_for_function(
                f"[...document.querySelectorAll('.shot img')].filter((i) => i.offsetParent).length === {count}"
            )
        except sync_api.TimeoutError:
            said = self.page.locator(".two-columns:visible").inner_text()
            raise AssertionError(f"no {count} pictures, the page says {said!r} and {self.errors}") from None

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).click()

    def go(self) -> None:
        self.settle()
        self.page.locator(".two-columns:visible button.primary").click()

    def upload(self, path: Path) -> None:
        """Choose a file, and wait for the line that stands for it: its stem and its ending are two texts there."""
        box = self.page.locator(".two-columns:visible")
        box.locator("input[type=file]").set_input_files(path)
        box.get_by_label(path.name, exact=True).wait_for()

    @property
    def width(self) -> int:
        return int(self.page.evaluate("document.querySelector('.top').getBoundingClientRect().width"))

    @property
    def overflow(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def visit(browser: Any, studio: str) -> Iterator[Any]:
    visits: list[Visit] = []

    def start(language: str, **options: Any) -> Visit:
        visits.append(Visit(browser, studio, language, **options))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()


def test_a_chinese_description_becomes_a_picture_that_the_market_takes(
    visit: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = visit("zh")
    page = one.page
    assert page.url.endswith("/zh/")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_label(ZH.describe).first.fill("黑色连衣裙")
    page.locator(".two-columns:visible").get_by_text("2", exact=True).click()
    page.locator(".two-columns:visible button.primary").click()
    one.drawn(2)
    with page.expect_download() as download:
        page.locator(".shot").first.get_by_role("link", name=ZH.download).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name.startswith("黑色连衣裙-")
    assert run(["check", str(path), "--preset", "taobao", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["files"][0]
    assert report["passed"]
    assert report["labels"]["prompt"] == "黑色连衣裙"


def test_pictures_lead_to_more_pictures(visit: Any) -> None:
    one = visit("en")
    page = one.page
    page.get_by_role("button", name="red dress").click()
    page.wait_for_function("document.querySelector('textarea').value === 'red dress'")
    one.go()
    one.drawn(4)
    seed = page.locator(".shot b").first.inner_text().split()[-1]
    for name, heading in ((EN.variations, EN.variations_of), (EN.like, EN.like_of)):
        page.locator(".shot").first.get_by_role("button", name=name).click()
        page.get_by_text(heading.format(seed)).wait_for()
        one.drawn(4)
        seed = page.locator(".shot b").first.inner_text().split()[-1]
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".shot").first.get_by_role("button", name=EN.copy).click()
    page.get_by_role("button", name=EN.copied).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "red dress"


def test_a_table_becomes_a_zip_and_one_image_is_made_anew(visit: Any, tmp_path: Path) -> None:
    one = visit("en")
    page = one.page
    one.tab(EN.table_tab)
    one.go()
    page.get_by_text(EN.no_file).wait_for()
    one.upload(write_table(tmp_path / "my products.csv", APPAREL))
    one.go()
    link = page.get_by_role("link", name=EN.zip)
    link.wait_for()
    assert page.locator(".shot:visible").count() == 3
    page.get_by_text(EN.not_trained.format("bicycle")).wait_for()
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = set(archive.namelist())
    assert {"A-1/A-1-1.jpg", "A-4/A-4-1.jpg", "manifest.csv", "contact-sheet.html"} <= names
    before = page.locator(".shot:visible img").first.get_attribute("src")
    page.locator(".shot:visible").first.get_by_role("button", name=EN.redo, exact=True).click()
    page.get_by_role("button", name=EN.redo_chosen.format(1)).click()
    page.wait_for_function(
        "([before]) => { const i = document.querySelector('.shot:not([hidden]) .frame img[src*=jobs]');"
        " return i && i.getAttribute('src') !== before; }",
        arg=[before],
    )


def test_an_own_photo_is_finished_and_judged(visit: Any, tmp_path: Path) -> None:
    from PIL import Image, ImageDraw

    photo = Image.new("RGB", (400, 300), (230, 228, 225))
    ImageDraw.Draw(photo).rectangle((120, 60, 280, 250), fill=(40, 70, 190))
    photo.save(tmp_path / "photo.jpg")
    one = visit("zh")
    one.tab(ZH.photo_tab)
    one.upload(tmp_path / "photo.jpg")
    one.go()
    one.page.get_by_text(ZH.rules).wait_for()
    assert one.page.locator(".figures.two:visible img").count() == 2


def test_words_are_explained_and_models_shown(visit: Any) -> None:
    one = visit("en")
    one.tab(EN.explain_tab)
    one.go()
    one.page.get_by_text(EN.directions).wait_for()
    assert one.page.locator(".figures:visible figure").count() == 4
    one.tab(EN.model_tab)
    one.page.get_by_text("Limits").wait_for()


HOSTILE = '<img src=x onerror="document.title=1"><b>red</b> dress {{constructor}} ${document.title=2} `x`'


def test_a_description_is_never_more_than_text(visit: Any) -> None:
    one = visit("en")
    one.page.get_by_label(EN.describe).first.fill(HOSTILE)
    one.go()
    one.drawn(4)
    shown = one.page.locator(".results-head .what").inner_text()
    assert "{{constructor}} ${document.title=2} `x`" in shown
    assert one.page.title() == EN.title
    assert one.errors == []
    assert not set("{}$`<>\"'") & set(esc("{{x}} ${y} `z` <a href=\"b\" class='c'>").replace("&#123;", ""))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_tab_fits_can_be_read_and_asks_nobody_else(language: str, scheme: str, width: int, visit: Any) -> None:
    words, one = (ZH if language == "zh" else EN), visit(language, width=width, scheme=scheme)
    checker = axe.Axe()
    one.page.get_by_role("button", name=words.example_texts[0]).click()
    one.go()
    one.drawn(4)
    wide = one.width
    for tab in (words.draw_tab, words.table_tab, words.photo_tab, words.explain_tab, words.model_tab):
        one.tab(tab)
        one.page.wait_for_timeout(400)
        assert one.overflow <= 0, tab
        # No tab is narrower than another because there is little in it.
        assert one.width == wide, tab
        # What is ours: contrast (AA) everywhere, names of buttons, fields and pictures.
        found = checker.run(
            one.page, options={"runOnly": ["color-contrast", "button-name", "image-alt", "label", "link-name"]}
        )
        problems = [f"{v['id']}: {n['html'][:120]}" for v in found.response["violations"] for n in v["nodes"]]
        assert problems == [], tab
    assert one.foreign == []
    assert one.errors == []
    dark = one.page.evaluate("document.body.classList.contains('dark')")
    assert dark == (scheme == "dark")
    one.page.get_by_role("button", name=words.theme).click()
    assert one.page.evaluate("document.body.classList.contains('dark')") != dark


def test_it_can_be_used_without_a_mouse(visit: Any) -> None:
    one = visit("en")
    page = one.page

    def tab_to(what: str) -> None:
        """Press Tab until the element of that name, or tag, has the focus."""
        for _ in range(60):
            page.keyboard.press("Tab")
            name = page.evaluate("[document.activeElement.innerText.trim(), document.activeElement.tagName]")
            if what in name:
                return
        raise AssertionError(f"{what} cannot be reached")

    tab_to(EN.skip)
    tab_to(EN.table_tab)
    page.keyboard.press("Enter")
    page.get_by_text(EN.table_intro).first.wait_for()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    tab_to("TEXTAREA")
    page.keyboard.type("red dress")
    page.keyboard.press("Control+Enter")
    one.drawn(4)
    before = page.locator(".shot:visible b").all_inner_texts()
    tab_to(EN.download)
    tab_to(EN.variations)
    page.keyboard.press("Enter")
    page.get_by_text(EN.variations_of.split("{}")[0]).first.wait_for()
    one.drawn(4)
    assert page.locator(".shot:visible b").all_inner_texts() != before
    assert one.errors == []


def test_the_visitors_language_is_kept(visit: Any, studio: str) -> None:
    page = visit("en").page
    page.get_by_role("link", name=EN.other).click()
    page.get_by_text(ZH.tagline).wait_for()
    page.goto(f"{studio}/", timeout=PATIENCE)
    assert page.url.endswith("/zh/")
