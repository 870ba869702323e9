"""`zoo get`, `zoo cache` and `zoo index`: models from a hub, what is kept of them, and which there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoo.hub.get import Extras
    from zoo.hub.keep import Kept


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("get")(get)
    cache = typer.Typer(help="Models that were got from a hub.", no_args_is_help=True)
    cache.command("ls")(list_kept)
    cache.command("verify")(verify_kept)
    cache.command("prune")(prune)
    app.add_typer(cache, name="cache")
    index = typer.Typer(help="The list of models.", no_args_is_help=True)
    index.command("refresh")(refresh)
    index.callback()(lambda: None)  # or typer would take the only command for the group
    app.add_typer(index, name="index")


def get(
    model: Annotated[str, typer.Argument(help="owner/name, or owner/name@revision.")],
    revision: Annotated[
        str | None, typer.Option(help="A tag, a branch or a commit; the one in the index if left out.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Copy the model to this folder.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
    prebuilt: Annotated[
        str | None, typer.Option(help="Get the prebuilt binaries for this target too, if they are signed.")
    ] = None,
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint", help="Get the weights to train on from too.")
    ] = False,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Take binaries without a trusted signature.")
    ] = False,
) -> None:
    """Get a model from a hub, check it, and print where it lies."""
    import sys

    from zoo.hub.get import Extras
    from zoo.hub.keep import signed
    from zoo.index import find_folder, load_found

    extras = Extras(prebuilt, checkpoint, unsigned)
    folder = find_folder(model, revision, offline=offline or None, extras=extras)
    _require(folder, model, extras)
    loaded = load_found(folder)
    print(f"{loaded.id}: {loaded.circuit.n_gates:,} gates, {signed(folder)}", file=sys.stderr)
    print(folder if out is None else _copy(folder, out))


def _require(folder: Path, model: str, extras: Extras) -> None:
    """Refuse extras that a folder which is not of a hub does not have."""
    from zoo.errors import HubError
    from zoo.hub.get import extra_names, read_manifest

    missing = [n for n in extra_names(model, read_manifest(folder), extras) if not (folder / n).exists()]
    if missing:
        raise HubError(f"{folder / missing[0]}: missing, and this folder is not of a hub.", "missing")


def _copy(folder: Path, out: Path) -> Path:
    """The model as a folder of its own: the whole of it, or nothing."""
    from zoo.atomic import replace_folder
    from zoo.folder import check_replaceable, read_files
    from zoo.manifest import MANIFEST, SIGNATURE

    check_replaceable(out)
    own = [name for name in (MANIFEST, SIGNATURE) if (folder / name).exists()]
    replace_folder(
        out, {**read_files(folder, partial=True), **{name: (folder / name).read_bytes() for name in own}}
    )
    return out


def list_kept(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the models in the cache."""
    import json
    import time

    from zoo.hub.cache import HubCache
    from zoo.hub.keep import kept_models, signed

    cache = HubCache()
    found = kept_models(cache)
    if as_json:
        rows = [{**vars(kept), "folder": str(kept.folder), "signed": signed(kept.folder)} for kept in found]
        print(json.dumps(rows, indent=2))
        return
    if not found:
        print(f"No model of a hub in {cache.root}.")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("id", "revision", "size", "last use", "signature"):
        table.add_column(name, justify="right" if name == "size" else "left", overflow="fold")
    for kept in found:
        day = time.strftime("%Y-%m-%d", time.localtime(kept.used))
        revisions = ", ".join(name if len(name) != 40 else name[:8] for name in kept.revisions)
        table.add_row(_name(kept), revisions, _bytes(kept.size), day, signed(kept.folder))
    Console(markup=False).print(table)


def verify_kept(
    delete: Annotated[bool, typer.Option("--delete", help="Remove what is damaged.")] = False,
) -> None:
    """Read every byte in the cache again; exit code 1 if something damaged stays."""
    from zoo.hub.cache import HubCache
    from zoo.hub.keep import check, kept_models, remove_model

    cache = HubCache()
    damaged = 0
    found = kept_models(cache)
    for kept in found:
        error = check(kept)
        if error is None:
            continue
        gone = delete and remove_model(cache, kept)
        damaged += not gone
        print(f"{_name(kept)}: {'removed' if gone else 'damaged'}: {error}")
    print(f"{len(found)} models read, {damaged} damaged.")
    if damaged:
        print("`zoo cache verify --delete` removes them; then get them again.")
        raise typer.Exit(1)


def prune(
    older_than: Annotated[
        float | None, typer.Option(help="Models too that were not used for so many days.", min=0)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All models.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what is left of broken downloads, and models that no repository is known for."""
    from zoo.hub.cache import HubCache
    from zoo.hub.keep import prunable, remove_leftover, remove_model, size_of

    cache = HubCache()
    models, leftovers = prunable(cache, older_than, everything)
    if not models and not leftovers:
        print("Nothing to remove.")
        return
    size = sum(kept.size for kept in models) + sum(map(size_of, leftovers))
    for kept in models:
        print(f"{_name(kept)}  {_bytes(kept.size)}")
    what = f"{len(models)} models and {len(leftovers)} unfinished downloads, {_bytes(size)}"
    if not yes:
        typer.confirm(f"Remove {what}?", abort=True)
    gone = [remove_model(cache, kept) for kept in models]
    gone += [remove_leftover(cache, path) for path in leftovers]
    print(
        f"Removed {sum(gone)} of {len(gone)}" + ("." if all(gone) else "; another process gets the others.")
    )


def refresh(
    source: Annotated[
        str, typer.Option("--from", help="The repository that holds the index.")
    ] = "difflogic-zoo/index",
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Take an index without a trusted signature.")
    ] = False,
) -> None:
    """Get the newest list of models, signed by those who keep it."""
    from zoo.hub.names import RepoId
    from zoo.hub.refresh import refresh

    done = refresh(RepoId.parse(source), unsigned=unsigned)
    for what, ids in (("new", done.added), ("changed", done.changed)):
        for id in ids:
            print(f"{what}: {id}")
    print(f"{done.models} models, {done.signed}.")


def _name(kept: Kept) -> str:
    return ", ".join(kept.repos) or f"(none) {kept.sha256[:12]}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
