"""``blind.html``: real and generated pictures in random order, for a person to tell apart."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from markupsafe import Markup

from packshot.artifact import ModelFolder
from packshot.evaluation.reference import Reference, evenly
from packshot.evaluation.report import write_page
from packshot.generation.generator import Generator
from packshot.images.encode import encode

PAIRS = 40


def write_blind(target: Path, model: ModelFolder, reference: Reference, pairs: int = PAIRS) -> Path:
    """Write a page that shows as many generated as held-out real pictures and counts a person's answers.

    Every generated picture is drawn from the description of one of the real ones, both are shown at the same size, and
    the page shuffles them anew each time it is opened. It sends nothing anywhere.

    Returns:
        The page.
    """
    chosen = evenly(len(reference.rows["test"]), pairs)
    descriptions = reference.descriptions("test")
    wanted = [(descriptions[row][i % 2], i) for i, row in enumerate(chosen)]
    made = [image.pixels for image in Generator(model).pictures(wanted)]
    entries = [(picture, 0) for picture in made] + [(picture, 1) for picture in reference.pictures("test", chosen)]
    pictures = [
        # PNG: the marks of a second JPEG would tell them apart.
        {"source": f"data:image/png;base64,{base64.b64encode(encode(picture, 'png')).decode()}", "real": real}
        for picture, real in entries
    ]
    path = target / "blind.html"
    content = Markup(json.dumps(pictures).replace("<", "\\u003c"))
    write_page(path, "blind.html.j2", model=model.config.name, pictures=content, count=len(pictures))
    return path
