import pytest

from packshot.errors import PackshotError
from packshot.finishing import preset


@pytest.mark.parametrize("name", preset.names())
def test_every_shipped_preset_is_valid_and_sourced(name):
    loaded = preset.load(name)
    assert loaded.rules
    for rule in loaded.rules.values():
        assert rule.source.startswith("http") or rule.source == "packshot", rule
        assert rule.date.count("-") == 2
        assert rule.min is not None or rule.max is not None or rule.any_of, rule


def test_an_unknown_preset_names_those_that_exist():
    with pytest.raises(PackshotError, match=r"unknown preset 'nope'.*amazon.*taobao") as caught:
        preset.load("nope")
    assert caught.value.usage


def test_a_users_file_changes_only_what_it_names(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('extends = "amazon"\n[make]\nfill = 0.95\n[rules.zoom]\noff = true\n[rules.longest]\nmin = 2000\n')
    mine, amazon = preset.load(str(file)), preset.load("amazon")
    assert mine.make.fill == 0.95
    assert mine.make.width == amazon.make.width
    assert "zoom" not in mine.rules
    assert mine.bounds("longest_side") == (2000, 10000)
    assert mine.rules["longest"].source == amazon.rules["longest"].source
    assert mine.identity != amazon.identity


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[make", "not TOML"),
        ('extends = "nope"', "unknown preset 'nope' to extend"),
        ('extends = "amazon"\n[make]\nfil = 1', "make.fil"),
        ('extends = "amazon"\n[rules.x]\nmeasure = "nope"', "rules.x"),
        ('extends = "amazon"\n[make]\nfill = 3.0', "make.fill"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, text, message):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(PackshotError, match=message) as caught:
        preset.load(str(file))
    assert "\n" not in str(caught.value)


def test_no_file():
    with pytest.raises(PackshotError, match="no such preset file"):
        preset.load("/nowhere/mine.toml")
