"""`zoo hub`: serve models to unmodified hub clients, and say who may do what."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="The hub's folder.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    about = "A small hub: clients of the Hugging Face Hub use it through HF_ENDPOINT."
    hub = typer.Typer(help=about, no_args_is_help=True)
    hub.command("serve")(serve)
    token = typer.Typer(help="Who may do what.", no_args_is_help=True)
    token.command("new")(new_token)
    token.command("list")(list_tokens)
    token.command("revoke")(revoke_token)
    hub.add_typer(token, name="token")
    app.add_typer(hub, name="hub")


def serve(
    folder: Folder,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 for the whole network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 for any that is free.", min=0, max=65535)] = 8085,
    max_file: Annotated[int | None, typer.Option(help="Bytes of the largest file.", min=1)] = None,
    max_commit: Annotated[int | None, typer.Option(help="Bytes of the largest commit.", min=1)] = None,
) -> None:
    """Serve models until Ctrl-C."""
    from hub.serve import serve as run

    limits = {"max_file": max_file, "max_commit": max_commit}
    run(folder, host, port, **{name: value for name, value in limits.items() if value is not None})


def new_token(
    folder: Folder,
    user: Annotated[str, typer.Option(help="Whose token it is; also a namespace.")],
    namespace: Annotated[list[str] | None, typer.Option(help="Another namespace; may be repeated.")] = None,
    role: Annotated[str, typer.Option(help="read, write or admin.")] = "write",
    days: Annotated[float | None, typer.Option(help="Days that it is good for; for ever without.")] = None,
) -> None:
    """Make a token and print it: the only time that it is seen."""
    from hub.tokens import TokenBook

    print(TokenBook(folder).new(user, namespace or (), role, days))


def list_tokens(folder: Folder) -> None:
    """List tokens, by the names that `revoke` takes."""
    from rich.console import Console
    from rich.table import Table

    from hub.tokens import TokenBook

    known = TokenBook(folder).all()
    if not known:
        print(f"No tokens. `zoo hub token new {folder} --user NAME` makes one.")
        return
    table = Table("token", "user", "namespaces", "role", "made", "until", box=None, pad_edge=False)
    for token in known:
        until = "for ever" if token.expires is None else _day(token.expires)
        until = "expired" if token.expired else until
        spaces = " ".join(token.namespaces)
        table.add_row(token.name, token.user, spaces, token.role, _day(token.created), until)
    Console(markup=False).print(table)


def revoke_token(
    folder: Folder,
    token: Annotated[str, typer.Argument(help="Name of the token, from `zoo hub token list`.")],
) -> None:
    """Revoke a token; a running server knows at once."""
    from hub.tokens import TokenBook

    gone = TokenBook(folder).revoke(token)
    print(f"Revoked {gone.name} of {gone.user}.")


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
