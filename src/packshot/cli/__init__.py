"""The command line: one file per verb, each of which parses, calls a room and prints."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from packshot import __version__
from packshot.errors import PackshotError

app = typer.Typer(
    name="packshot",
    help="Make, finish and judge product images from product descriptions (商品图生成).",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
STOPPED = 130
VERBS = ("catalog", "train", "evaluate", "compare", "generate", "fill", "finish", "check", "explain", "serve")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(__version__)
    elif context.invoked_subcommand is None:
        print(context.get_help())


for _verb in VERBS:
    import_module(f"packshot.cli.{_verb}").add_to(app)


def main() -> None:
    """Run the command line and exit: 0 done, 1 a fault in what was given, 2 in how it was asked, 130 stopped."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; every error is one line on standard error."""
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    try:
        result = typer.main.get_command(app).main(arguments, prog_name="packshot", standalone_mode=False)
    except PackshotError as error:
        if debug:
            raise
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        if debug:
            raise
        text = " ".join(error.format_message().split()).rstrip(".")
        return _fail(f"{text}. See packshot --help.", 2)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("stopped", STOPPED)
    except BrokenPipeError:
        # The reader of our output, such as `head`, has gone; Python would complain again at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        detail = " ".join(f"{type(error).__name__}: {error}".split())
        return _fail(f"unexpected {detail[:300]}. Run again with --debug and report what it prints.", 1)
    if result == STOPPED:
        # typer turns Ctrl-C into this status and says nothing.
        return _fail("stopped", STOPPED)
    return result if isinstance(result, int) else 0


def _fail(line: str, status: int) -> int:
    print(f"packshot: error: {line}", file=sys.stderr)
    return status
