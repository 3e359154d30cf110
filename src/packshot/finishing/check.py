"""Does a file keep a market's rules: each rule with what was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from packshot.finishing.facts import Fact, Facts
from packshot.finishing.label import Labels
from packshot.finishing.preset import Preset, Rule

Status = Literal["pass", "fail", "warning", "unknown", "skip"]


@dataclass(frozen=True)
class Result:
    """One rule held against one file.

    Attributes:
        rule: its name in the preset.
        status: ``unknown`` where nothing could be measured, ``skip`` where the rule does not concern this file.
        measure, value: what was measured.
        wanted: the allowed values in words.
        why, source: of the rule.
    """

    rule: str
    status: Status
    measure: str
    value: Fact | None
    wanted: str
    why: str
    source: str


@dataclass(frozen=True)
class Report:
    """All rules of a preset held against one file.

    Attributes:
        results: in the preset's order.
        labels: the labels found in the file.
    """

    results: tuple[Result, ...]
    labels: Labels

    @property
    def passed(self) -> bool:
        """True if no rule fails."""
        return not self.failed

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the rules that fail."""
        return tuple(result.rule for result in self.results if result.status == "fail")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        labels = {key: value for key, value in asdict(self.labels).items() if value}
        return {"passed": self.passed, "results": [asdict(r) for r in self.results], "labels": labels}


def check(data: bytes, preset: Preset) -> Report:
    """Hold a picture file against the rules of a market.

    Raises:
        DecodeError: not a usable picture.
    """
    facts = Facts(data)
    results = [_judge(name, rule, facts) for name, rule in preset.rules.items()]
    results += [
        Result("labels", "warning", "labels", problem, "readable", "every label in the file can be read", "packshot")
        for problem in facts.labels.problems
    ]
    return Report(tuple(results), facts.labels)


def _judge(name: str, rule: Rule, facts: Facts) -> Result:
    wanted = _wanted(rule)
    if rule.only_ai and not facts.labels.ai:
        return Result(name, "skip", rule.measure, None, wanted, rule.why, rule.source)
    value = facts.measure(rule.measure)
    status: Status = "pass"
    if value is None:
        # A file that does not say how far it was enlarged breaks no rule; a product that cannot be found may.
        status = "skip" if rule.measure in ("enlarged", "jpeg_quality") else "unknown"
    elif not _allowed(rule, value):
        status = rule.level
    return Result(name, status, rule.measure, _rounded(value), wanted, rule.why, rule.source)


def _allowed(rule: Rule, value: Fact) -> bool:
    if rule.any_of and value not in rule.any_of:
        return False
    if isinstance(value, str):
        return rule.min is None and rule.max is None
    return (rule.min is None or value >= rule.min) and (rule.max is None or value <= rule.max)


def _wanted(rule: Rule) -> str:
    parts = [" or ".join(_word(v) for v in rule.any_of)] if rule.any_of else []
    if rule.min is not None:
        parts.append(f"≥ {rule.min:g}" if rule.min < 1e6 else f"≥ {rule.min:.0f}")
    if rule.max is not None:
        parts.append(f"≤ {rule.max:g}" if rule.max < 1e6 else f"≤ {rule.max:.0f}")
    return ", ".join(parts)


def _word(value: Fact) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _rounded(value: Fact | None) -> Fact | None:
    if isinstance(value, float) and not value.is_integer():
        # Never up to the bound that it misses.
        return float(f"{value:.6f}") if value < 1 else float(f"{value:.5g}")
    return value
