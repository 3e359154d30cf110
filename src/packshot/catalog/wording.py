"""One way to write what sellers write in many: units, sizes, and no boilerplate."""

from __future__ import annotations

import re

# Unit → how it is written elsewhere, after a number. Longer forms come first where one starts with another.
_UNITS = {
    "mm": r"mm|毫米|millimet(?:er|re)s?",
    "cm": r"cms?|厘米|公分|centimet(?:er|re)s?",
    "km": r"公里|千米|kilomet(?:er|re)s?",
    "m": r"米|met(?:er|re)s?",
    "kg": r"kgs?|公斤|千克|kilo(?:gram)?s?",
    "mg": r"毫克|milligrams?",
    "g": r"克|grams?",
    "ml": r"ml|毫升|millilit(?:er|re)s?",
    "L": r"升|lit(?:er|re)s?|ltrs?",
    "W": r"瓦特?|watts?",
    "V": r"伏特?|volts?",
    "in": r"英寸|inch(?:es)?|in\.",
    "cu ft": r"cu\.?\s?ft\.?|cubic (?:feet|foot)",
    "ft": r"英尺|feet|foot|ft\.",
    "lb": r"磅|pounds?|lbs?\.?",
    "oz": r"盎司|ounces?|oz\.",
    "gal": r"加仑|gallons?|gal\.",
}
_UNIT = re.compile(
    r"(?<![A-Za-z\d.])(\d+(?:[.,]\d+)?)\s*(?:"
    + "|".join(f"(?P<u{i}>{pattern})" for i, pattern in enumerate(_UNITS.values()))
    + r")(?![A-Za-z])",
    re.IGNORECASE,
)
_UNIT_NAMES = tuple(_UNITS)
_TIMES = re.compile(r"(?<=\d)\s*[x*×✕]\s*(?=\d)", re.IGNORECASE)
_SIZE = re.compile(r"(?<![A-Za-z])(XXS|XS|S|M|L|XL|[2-6]XL|X{2,5}L)\s*码", re.IGNORECASE)
_ONE_SIZE = re.compile(r"均码|one[ -]size(?:[ -]fits[ -](?:all|most))?|free size", re.IGNORECASE)

_BOILERPLATE = re.compile(
    "free (?:shipping|delivery|returns?)|ships? (?:within|in|from)|(?:money[ -]back|satisfaction) guarantee"
    "|add to (?:cart|bag|basket)|contact (?:us|our|customer)|customer service|leave (?:us )?(?:a )?feedback"
    "|(?:five|5)[ -]?stars?|terms and conditions|all rights reserved|while (?:stocks|supplies) last"
    "|(?:click|buy|order|shop) now|returns? polic|day returns?|due to (?:different )?(?:monitor|screen|light)"
    "|manual measurement|please allow \\d|(?:best|lowest) price|follow (?:us|our)|\\bwholesale\\b"
    "|包邮|[七7]天无理由|无理由退|退换货|(?:联系|咨询|在线)客服|好评|返现|关注店铺|收藏(?:店铺|宝贝|本店)|加购"
    "|现货(?:秒|速)?发|当天发货|小时内?发货|顺丰|快递|运费|色差|(?:手工|人工)测量|误差|正品保证|假一赔|全国联保|厂家直销"
    "|批发|亲们|亲，|下单|拍下|限时|秒杀|满减|优惠券|双十一|聚划算",
    re.IGNORECASE,
)
# Where a sentence ends; a full stop inside a number or after an abbreviated unit does not end one.
_SENTENCE = re.compile(r"(?<=[。！？；!?;])\s*|(?<=[a-z\d)][a-z\d)]\.)\s+(?=[A-Z])")
_BRACKETS = re.compile(r"[【\[]([^】\]]{0,30})[】\]]")


def tidy(text: str) -> str:
    """A normalised text with units and sizes in one form and without sentences that are not about the product."""
    text = _UNIT.sub(_unit, text)
    text = _SIZE.sub(lambda match: match.group(1).upper(), _TIMES.sub(" × ", text))
    text = _ONE_SIZE.sub("one size", text)
    return without_boilerplate(text)


def without_boilerplate(text: str) -> str:
    """A text without what shops say of themselves: shipping, returns, discounts, service."""
    if not _BOILERPLATE.search(text):
        return text
    # Chinese titles carry such things in brackets: 【包邮】.
    text = _BRACKETS.sub(lambda match: " " if _BOILERPLATE.search(match.group()) else match.group(), text)
    kept = [part for part in _SENTENCE.split(text) if part and not _BOILERPLATE.search(part)]
    if not kept:
        # One run of words, as titles are: only the words themselves go.
        kept = [_BOILERPLATE.sub(" ", text)]
    return re.sub(r"\s+", " ", " ".join(part.strip() for part in kept)).strip(" ;,，；")


def _unit(match: re.Match[str]) -> str:
    return f"{match.group(1)} {_UNIT_NAMES[(match.lastindex or 2) - 2]}"
