"""Taking personal data out of descriptions: what a seller or a buyer wrote into them that is about a person.

Everything is told by its form, and by a check digit where there is one; nothing found is kept or logged, only how
often each kind was found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date

KINDS = ("e-mail", "Chinese ID number", "bank card", "WeChat", "QQ", "order number", "phone number")

# Digits are counted as a run of their own: neither a part number nor a longer number may be cut in two.
_START, _END = r"(?<![\dA-Za-z])", r"(?![\dA-Za-z])"
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?:@|\s?[\[(]at[\])]\s?)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}",
    re.IGNORECASE | re.ASCII,
)
_ID = re.compile(_START + r"[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]" + _END, re.ASCII)
_CARD = re.compile(_START + r"[3-6]\d{3}(?:[ -]?\d){11,15}" + _END, re.ASCII)
# A number whose check digit is wrong is a card's all the same where a word says so.
_CALLED_CARD = re.compile(
    r"(?:卡号|银行卡|信用卡|储蓄卡|账号|card\s*(?:no\.?|number|#))(?:\s|:|：|号|是|为)*\d(?:[ -]?\d){14,18}(?!\d)",
    re.I | re.ASCII,
)
_WECHAT_NAME = r"(?:加\s?)?(?:微信|薇信|威信|[vV]信|we\s?chat|weixin|(?<![a-z])vx|(?<![a-z])wx|加\s?(?:薇|[vV]))"
# Where nothing says "number", an account is told from a word by a digit in it.
_WECHAT = re.compile(
    _WECHAT_NAME
    + r"(?:(?:\s*(?:号码?|id|account|帐号|账号|客服|咨询|同号|是|为|:|：|=|\+))+\s*[A-Za-z0-9][\w-]{4,19}"
    + r"|\s*(?=[\w-]*\d)[A-Za-z][\w-]{5,19})",
    re.IGNORECASE | re.ASCII,
)
_QQ = re.compile(
    r"(?<![A-Za-z])(?:q\s?q|扣扣|企鹅)\s*(?:群|号码?|客服|:|：|=|\s)*\s*[1-9]\d{4,10}(?!\d)", re.I | re.ASCII
)
_ORDER = re.compile(
    r"(?:(?:订单(?:编?号)?|单号|order\s*(?:no\.?|number|id|#)|tracking\s*(?:no\.?|number|id|#))"
    r"(?:\s|:|：|#|是|为|is)*(?=[A-Z-]*\d)[A-Z0-9][A-Z0-9-]{5,30}|(?<![\dA-Za-z-])\d{3}-\d{7}-\d{7}(?![\dA-Za-z-]))",
    re.IGNORECASE | re.ASCII,
)
_PHONE = re.compile(
    _START
    + r"(?:(?:\+|00)?86[ -]?)?"
    + r"(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
    + r"|(?<!\d[ -])(?:0\d{2,3}[ -]|\(0\d{2,3}\)\s?)\d{3,4}[ -]?\d{4}(?:(?:-|转|\s?ext\.?\s?)\d{1,6})?"
    + r"|[48]00[ -]\d{3}[ -]?\d{4}"
    # The form of North America; neither part begins with 0 or 1.
    + r"|(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}-)[2-9]\d{2}-\d{4})"
    + _END,
    re.ASCII,
)
# A number in no form of its own is a phone number where a word says so.
_CALLED = re.compile(
    r"(?:联系)?(?:电话|手机|热线|致电|联系方式|传真|(?<![a-z])(?:tel|phone|call|fax|mobile|whatsapp|hotline)(?![a-z]))"
    r"(?:号码?|us|me|at|on|now|number|no|\.|:|：|\s)*\(?\+?\d(?:[\s().-]{0,2}\d){6,14}(?!\d)",
    re.IGNORECASE | re.ASCII,
)
# The weights and check characters of GB 11643-1999.
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


def redact(text: str) -> tuple[str, Counter[str]]:
    """Take personal data out of a normalised text.

    Returns:
        The text without it, and how often each of ``KINDS`` was found.
    """
    found: Counter[str] = Counter()
    # Each rule needs some digit, or the sign of an e-mail address.
    if not re.search(r"\d|@|[\[(]at[\])]", text, re.IGNORECASE):
        return text, found
    rules: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
        ("e-mail", _EMAIL, lambda _: True),
        ("Chinese ID number", _ID, is_chinese_id),
        ("WeChat", _WECHAT, lambda _: True),
        ("QQ", _QQ, lambda _: True),
        ("order number", _ORDER, lambda _: True),
        ("bank card", _CARD, is_bank_card),
        ("bank card", _CALLED_CARD, lambda _: True),
        ("phone number", _CALLED, lambda _: True),
        ("phone number", _PHONE, lambda _: True),
    )
    for kind, pattern, holds in rules:
        text = _remove(text, kind, pattern, holds, found)
    text = _remove_international(text, found)
    return (re.sub(r"\s{2,}", " ", text).strip(" ;,，；:：") if found else text), found


def is_chinese_id(number: str) -> bool:
    """Whether 18 characters, perhaps in groups, are a Chinese ID number: its date exists and its check character is
    right."""
    number = re.sub("[ -]", "", number)
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return number[17].upper() == _ID_CHECK[total % 11]


def is_bank_card(number: str) -> bool:
    """Whether digits, perhaps in groups, are a card's number by their length and check digit (ISO/IEC 7812-1)."""
    digits = [int(c) for c in number if c.isdigit()]
    if not 15 <= len(digits) <= 19:
        return False
    doubled = sum(d * 2 - 9 * (d > 4) for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + doubled) % 10 == 0


def _remove(text: str, kind: str, pattern: re.Pattern[str], holds: Callable[[str], bool], found: Counter[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        if not holds(match.group()):
            return match.group()
        found[kind] += 1
        return " "

    return pattern.sub(replace, text)


def _remove_international(text: str, found: Counter[str]) -> str:
    """Numbers with a country code, of any country."""
    if "+" not in text:
        return text
    import phonenumbers

    for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, None))):
        found["phone number"] += 1
        text = f"{text[: match.start]} {text[match.end :]}"
    return text
