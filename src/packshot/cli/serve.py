"""``packshot serve``: HTTP API, jobs and the studio page."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.output import Json, emit
from packshot.errors import PackshotError, missing_extra

_PACKAGES = ("fastapi", "fastapi_offline", "huey", "limits", "prometheus_client", "uvicorn", "multipart")


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("serve")(serve)


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option("-m", "--model", metavar="[NAME=]FOLDER", help="Model folder; give it again for more."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; others than this machine's ask for keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    state: Annotated[Path, typer.Option(help="Folder for jobs, keys and images that wait to be fetched.")] = Path(
        "packshot-state"
    ),
    workers: Annotated[int, typer.Option(min=0, max=64, help="Processes that work on jobs.")] = 1,
    worker_only: Annotated[bool, typer.Option("--worker-only", help="Work on jobs and serve nothing.")] = False,
    redis: Annotated[str, typer.Option(help="Address of a Redis server for the queue, for more than one host.")] = "",
    studio: Annotated[bool, typer.Option("--studio/--no-studio", help="Serve the studio page.")] = True,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another name that this server is called by, as a proxy passes it on.")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, max=10_000, help="Pictures that may wait before 429.")] = 64,
    rate: Annotated[str, typer.Option(help="Requests that one key may make.")] = "300/minute",
    refuse_terms: Annotated[Path | None, typer.Option(help="File with terms that are not drawn, one a line.")] = None,
    nsfw_filter: Annotated[
        bool, typer.Option("--nsfw-filter", help="Hold back pictures that are not safe for work.")
    ] = False,
    new_key: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make an API key, print it once, and end.")
    ] = None,
    remove_key: Annotated[str | None, typer.Option(metavar="NAME", help="Forget an API key, and end.")] = None,
    as_json: Json = False,
) -> None:
    """Serve an OpenAI-compatible API, jobs and a studio page; Ctrl-C ends it."""
    for package in (*_PACKAGES, *(["gradio"] if studio else [])):
        if find_spec(package) is None:
            raise missing_extra("serve", package)
    from packshot.service.keys import Keys
    from packshot.service.settings import Settings
    from packshot.text.refused import RefusedTerms, read_refused_terms

    if new_key is not None:
        key = Keys(state).add(new_key)
        emit({"name": new_key, "key": key}, as_json, [key])
        return
    if remove_key is not None:
        Keys(state).remove(remove_key)
        emit({"removed": remove_key}, as_json, [f"removed {remove_key}"])
        return
    settings = Settings(
        state=state.resolve(),
        models=_models(model),
        host=host,
        port=port,
        allowed_hosts=tuple(allow_host or ()),
        redis=redis,
        workers=workers,
        studio=studio,
        waiting=queue,
        rate=rate,
        refused=read_refused_terms(refuse_terms) if refuse_terms else RefusedTerms(),
        nsfw_filter=nsfw_filter,
    )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    if worker_only:
        from packshot.service.jobs.worker import work

        emit({"state": str(settings.state), "worker": True}, as_json, [f"working on the jobs in {settings.state}"])
        work(settings)
        return
    from packshot.service.run import serve as run

    run(settings, lambda url: emit({"url": url}, as_json, [f"packshot is at {url}"]))


def _models(wanted: list[str] | None) -> dict[str, Path | None]:
    """Name → folder; a folder without a name is called as itself."""
    if not wanted:
        return {"default": None}
    models: dict[str, Path | None] = {}
    for item in wanted:
        name, equals, folder = item.partition("=")
        # A folder may have the sign in its own name, as runs that are called after a setting do.
        if Path(item).is_dir():
            name, equals, folder = "", "", item
        path = Path(folder if equals else item)
        name = name if equals else path.resolve().name
        if name in models:
            raise PackshotError(f"two models are called {name!r}", "--model", "Write --model NAME=FOLDER.", usage=True)
        models[name] = path
    return models
