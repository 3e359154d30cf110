"""The page on which a person tells real from generated."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from packshot.cli import run
from packshot.evaluation.intervals import share
from packshot.generation.models import open_model


@pytest.fixture(scope="module")
def page(catalog_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("blind")
    assert run(["evaluate", str(open_model(None).path), str(catalog_path), "--blind", "-o", str(out)]) == 0
    assert [p.name for p in out.iterdir()] == ["blind.html"]
    return out / "blind.html"


def test_as_many_real_as_generated_pictures_of_one_size_and_nothing_from_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    pictures = json.loads(re.search(r"const pictures = (\[.*?\]);", text)[1])
    assert sum(p["real"] for p in pictures) * 2 == len(pictures) > 20
    assert all(p["source"].startswith("data:image/png;base64,") for p in pictures)
    assert not re.search(r"https?://", text)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
@pytest.mark.parametrize("fooled", [0, 5])
def test_a_person_answers_and_the_page_counts(page: Path, tmp_path: Path, fooled: int) -> None:
    """A person who takes a few generated pictures for real and all others for what they are."""
    played = tmp_path / "played.html"
    script = f"""<script>
    let left = {fooled};
    for (const p of [...pictures]) find(p.real || left-- > 0 ? "real" : "generated").click();
    </script>"""
    played.write_text(page.read_text(encoding="utf-8").replace("</body>", script + "</body>"), encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run([*command, "--dump-dom", played.as_uri()], capture_output=True, text=True, timeout=120)
    count = len(json.loads(re.search(r"const pictures = (\[.*?\]);", done.stdout)[1])) // 2
    passed = re.search(r'<b id="passed">(.*?)</b>', done.stdout)[1]
    expected = share(fooled, count)
    assert passed == (
        f"{fooled} of {count}, {100 * expected.value:.0f} % ({100 * expected.low:.0f} to {100 * expected.high:.0f})"
    )
    assert f'<b id="recognised">{count} of {count}, 100 %' in done.stdout
    assert "You can tell them apart" in done.stdout
    assert done.stdout.count("<img src=") == fooled
