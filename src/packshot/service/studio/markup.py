"""Pieces of HTML. Whatever a person wrote goes through ``esc``."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from packshot.images.encode import encode


def esc(value: object) -> str:
    """Text for HTML, attributes included; braces and dollars too, which Gradio's templates would take for theirs."""
    text = html.escape(str(value), quote=True)
    return text.replace("{", "&#123;").replace("}", "&#125;").replace("$", "&#36;").replace("`", "&#96;")


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """A small picture inside the page."""
    return "data:image/png;base64," + base64.b64encode(encode(pixels, "png")).decode()


def figure(source: str, alt: str, caption: str, kind: str = "") -> str:
    """A picture with a caption, which is HTML."""
    return f'<figure class="{kind}"><img src="{source}" alt="{esc(alt)}"><figcaption>{caption}</figcaption></figure>'


def message(text: str, kind: str = "bad") -> str:
    """A line that is read out when it appears."""
    return f'<p class="message {kind}" role="{"alert" if kind == "bad" else "status"}">{esc(text)}</p>'


def empty(title: str, text: str) -> str:
    """What stands where nothing is yet."""
    return f'<div class="empty"><p class="empty-title">{esc(title)}</p><p>{esc(text)}</p></div>'


def table(rows: Iterable[Iterable[str]], head: Iterable[str] = ()) -> str:
    """A table of cells that are HTML."""
    top = "".join(f"<th scope='col'>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table>{f"<thead><tr>{top}</tr></thead>" if top else ""}<tbody>{body}</tbody></table></div>'


def button(action: str, label: str, **data: object) -> str:
    """A button that tells Python what it stands for."""
    values = "".join(f' data-{key}="{esc(value)}"' for key, value in data.items())
    return f'<button type="button" class="act" data-action="{esc(action)}"{values}>{esc(label)}</button>'
