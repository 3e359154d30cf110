"""``packshot finish``: market-ready files from pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.output import Json, Overwrite, emit

if TYPE_CHECKING:
    from packshot.finishing.sign import Credentials


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("finish")(finish)


def finish(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures, or folders of them.")],
    preset: Annotated[str, typer.Option(help="Market preset, or a TOML file of your own.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the finished files.")],
    ai_generated: Annotated[
        bool, typer.Option("--ai-generated", help="Label pictures as AI-made that carry no label.")
    ] = False,
    mark: Annotated[
        bool | None,
        typer.Option("--mark/--no-mark", help="Write AI生成 on AI-made pictures; else as the preset says."),
    ] = None,
    enhance: Annotated[
        bool, typer.Option("--enhance", help="Correct exposure, cast, haze, noise and softness where found.")
    ] = False,
    shadow: Annotated[bool, typer.Option("--shadow", help="Draw a soft contact shadow.")] = False,
    transparent: Annotated[
        bool, typer.Option("--transparent", help="Leave the background out; PNG unless --format says else.")
    ] = False,
    format: Annotated[str | None, typer.Option(help="png, jpeg, webp or avif instead of the preset's.")] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Another frame, of any ratio; the product is never cut.")
    ] = None,
    upscale: Annotated[
        bool, typer.Option("--upscale", help="Enlarge small pictures with Real-ESRGAN: crisper, and invented.")
    ] = False,
    title: Annotated[str, typer.Option(help="Text for an advertisement preset.")] = "",
    price: Annotated[str, typer.Option(help="Price for an advertisement preset, as it is to be read.")] = "",
    sign_cert: Annotated[
        Path | None, typer.Option("--sign-cert", help="Sign (C2PA) with this certificate chain, PEM.")
    ] = None,
    sign_key: Annotated[Path | None, typer.Option("--sign-key", help="The certificate's private key, PEM.")] = None,
    sign_trial: Annotated[
        bool, typer.Option("--sign-trial", help="Sign (C2PA) with a certificate made on the spot, for trying only.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Place, encode and label pictures for a market."""
    from packshot.finishing.batch import finish_files, pictures
    from packshot.finishing.finish import Options
    from packshot.finishing.preset import load
    from packshot.progress import track

    width, height = _size(size)
    chosen = load(preset).changed(
        width=width,
        height=height,
        format=format or ("png" if transparent else None),
        background="transparent" if transparent else None,
    )
    sources = pictures(images)
    options = Options(
        ai_generated=ai_generated,
        mark=mark,
        enhance=enhance,
        shadow=shadow,
        upscale=upscale,
        title=title,
        price=price,
        credentials=_credentials(sign_cert, sign_key, sign_trial),
    )
    running = finish_files(sources, chosen, output, options, overwrite=overwrite)
    outcomes = list(track(running, "finish", len(sources)))
    failed = [o for o in outcomes if o.error]
    files: list[dict[str, Any]] = [
        {
            "source": str(o.source),
            "target": str(o.target) if o.target else None,
            "written": o.written,
            "ai": o.ai,
            "enlarged": o.enlarged,
            "notes": list(o.notes),
            "error": o.error or None,
        }
        for o in outcomes
    ]
    lines = [_line(o.source, o.target, o.error, o.notes) for o in outcomes if o.error or o.notes]
    lines.append(f"{len(outcomes) - len(failed)} finished for {chosen.title} in {output}, {len(failed)} failed")
    emit({"preset": chosen.name, "finished": len(outcomes) - len(failed), "failed": len(failed), "files": files},
         as_json, lines)  # fmt: skip
    if failed:
        raise typer.Exit(1)


def _credentials(certificate: Path | None, key: Path | None, trial: bool) -> Credentials | None:
    from packshot.errors import PackshotError
    from packshot.finishing import sign
    from packshot.progress import say

    if trial:
        say("signing with a certificate made for trying: nobody vouches for it")
        return sign.trial()
    if certificate and key:
        return sign.load(certificate, key)
    if certificate or key:
        raise PackshotError("--sign-cert and --sign-key go together", usage=True)
    return None


def _size(text: str | None) -> tuple[int | None, int | None]:
    from packshot.errors import PackshotError

    if text is None:
        return None, None
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise PackshotError(f"cannot read the size {text!r}", hint="Give it as 800x1200.", usage=True)
    return int(width), int(height)


def _line(source: Path, target: Path | None, error: str, notes: tuple[str, ...]) -> str:
    return f"{source}: {error}" if error else f"{target}: {'; '.join(notes)}"
