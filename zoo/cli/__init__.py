"""The command line: `zoo list | show | get | run | eval | verify | train | teach | export | push` and more.

Nothing heavy loads here: a subcommand imports what it needs when it runs.
"""

from __future__ import annotations

import errno
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer

from zoo.cli import cost, get, hub, interchange, learn, models, run, share
from zoo.errors import HubNote, MissingExtraError, ZooError

# Optional packages by the extra that brings them.
_EXTRAS = {
    "torch": "train",
    "ziglang": "bench",
    "unicorn": "bench",
    "capstone": "bench",
    "elftools": "bench",
    "mir_eval": "bench",
    "matplotlib": "plot",
    "librosa": "data",
    "scipy": "data",
    "cryptography": "hub",
    "huggingface_hub": "hub",
    "yaml": "hub",
    "starlette": "server",
    "uvicorn": "server",
    "pygit2": "server",
    "markdown_it": "server",
}

# How to mend what the system refuses.
_MEND = {
    errno.ENOSPC: "Make room, or choose another place",
    errno.EDQUOT: "Make room, or choose another place",
    errno.EROFS: "Choose a place that you may write to",
    errno.EACCES: "Choose a place that you may read and write",
    errno.EPERM: "Choose a place that you may read and write",
    errno.ENOENT: "Make it first, or choose another place",
    errno.EEXIST: "Choose another name",
    errno.EISDIR: "Give the name of a file",
    errno.ENOTDIR: "Choose another name",
}

app = typer.Typer(
    name="zoo",
    help="Small neural networks made of logic gates, for audio.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (models, run, cost, interchange, learn, share, hub, get):
    module.add_to(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("difflogic-zoo"))
        raise typer.Exit


@app.callback()
def _before_any_command(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None: ...


def main(arguments: list[str] | None = None) -> None:
    """Run and exit: 0 done, 1 a clear refusal, 2 wrong usage or a missing extra, 130 Ctrl-C."""
    sys.exit(run_command(arguments))


def run_command(arguments: list[str] | None = None) -> int:
    """Run one command line (the process's own when None) and give its exit code."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _note_or(warnings.showwarning)
            app(args=arguments, prog_name="zoo")
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
        return _say("Interrupted.", 130) if code == 130 else code  # typer turns Ctrl-C into this code
    except MissingExtraError as error:
        return _say(str(error), 2)
    except ZooError as error:
        return _say(f"Error: {error}", 1)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        return _say(f"This needs {package}: pip install 'difflogic-zoo[{_EXTRAS[package]}]'", 2)
    except OSError as error:
        mend = f". {_MEND[error.errno]}" if error.errno in _MEND else ""
        return _say(f"Error: {error.filename or 'output'}: {error.strerror or error}{mend}", 1)
    return 0


def _note_or(show: Callable[..., None]) -> Callable[..., None]:
    """Show what was noted while a model was got as a line of its own, and any other warning as before."""

    def shown(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, HubNote):
            print(f"Note: {message}", file=sys.stderr)
        else:
            show(message, category, *where, **more)

    return shown


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
