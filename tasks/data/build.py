"""`zoo data build`: from Debian packages to labelled clips in the cache.

Every file appears whole or not at all and a split's manifest comes last, so a build that was killed goes on
where it was.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.data.clip import RATE
from tasks.data.dataset import ClipMaker, DataSet, split_digest
from tasks.data.packages import check_room, fetch
from tasks.data.registry import DATASETS, get_dataset
from tasks.data.store import entry, read_manifest, resume_clip, write_clip, write_manifest
from tasks.data.testset import shipped_sets
from zoo.cache import cache_folder
from zoo.errors import ZooError

if TYPE_CHECKING:
    from rich.progress import Progress

CLIP_BYTES = 720_000
Advance = Callable[[str], None]


def build_command(tasks: Sequence[str] = (), packages: Path | None = None, out: Path | None = None) -> int:
    """Fetch, check, cut, label and split the recordings, with a progress bar; 0 when all is there.

    Args:
        tasks: Whose clips; those of every task when empty.
        packages: Folder of unpacked packages (`<package>/usr/...`); None fetches them.
        out: Folder for packages and clips; None means the user's cache.

    Raises:
        ZooError: One message that says what is missing and how to mend it.
    """
    import scipy.signal  # noqa: F401  (cutting needs it: say so before a gigabyte is fetched)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    datasets = [get_dataset(name) for name in dict.fromkeys(tasks or DATASETS)]
    console = Console()
    root = out or cache_folder()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    for dataset in datasets:
        with building_in(root), Progress(*columns, console=console, transient=True) as progress:
            splits = build_dataset(dataset, root, packages, progress)
        console.print(_summary(dataset, root, splits))
        for split in set(dataset.splits) - set(splits):
            console.print(f"{split} cannot be made here: the clips that come with the package are used.")
        console.print(f"Clips: {dataset.folder('', root)}")
    return 0


def build_dataset(dataset: DataSet, root: Path, packages: Path | None, progress: Progress) -> list[str]:
    """Make what is not there yet of one task; returns the splits that can be made here."""
    work = progress.add_task("packages", total=None)

    def advance(step: str) -> None:
        progress.update(work, description=step, advance=1)

    def say(what: str) -> None:
        progress.update(work, description=what)

    source = packages or fetch(root / "packages", dataset.packages, say)
    for repository in () if packages else dataset.repositories:
        say(f"fetching {repository.name}")
        repository.fetch(source)
    splits = dataset.buildable(root)
    maker = dataset.make_maker(source)
    say("checking recordings")
    left = [split for split in splits if read_manifest(dataset.folder(split, root)) is None]
    maker.check()
    check_room(root, CLIP_BYTES * sum(maker.count(split) for split in left))
    progress.update(work, total=sum(maker.count(split) for split in left), completed=0)
    for split in left:
        build_split(maker, split, dataset.folder(split, root), advance, dataset.rate)
    return splits


def build_split(
    maker: ClipMaker, split: str, folder: Path, advance: Advance = lambda step: None, rate: int = RATE
) -> None:
    """Make the clips that are not there yet, then the manifest.

    Raises:
        ZooError: A recording cannot be read, or fluidsynth fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*"):  # of a build that was killed while it wrote
        leftover.unlink()
    entries: list[dict[str, Any]] = []
    for index in range(maker.count(split)):
        clip = resume_clip(folder, maker.name(split, index), *maker.group_and_licence(split, index), rate)
        if clip is None:
            clip = maker.make(split, index)
            write_clip(folder, clip)
        entries.append(entry(clip))
        advance(split)
    write_manifest(folder, split, entries, maker.about(split), rate)


@contextmanager
def building_in(root: Path) -> Iterator[None]:
    """Hold the folder's lock: two builds at once would tread on each other.

    Raises:
        ZooError: Another build runs, or the folder cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".build.lock").open("w")
    except OSError as error:
        raise ZooError(
            f"{root}: {error.strerror or error}. Choose another folder with --out or ZOO_CACHE"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ZooError(
                f"{root}: another `zoo data build` runs there. Wait for it, or choose --out"
            ) from None
        yield


def _summary(dataset: DataSet, root: Path, splits: Sequence[str]) -> Any:
    """A table of what is there, and whether the test sets are the published ones."""
    from rich.table import Table

    table = Table("split", "clips", "minutes", "onsets", "digest", "published")
    for split in splits:
        manifest = read_manifest(dataset.folder(split, root))
        assert manifest is not None
        clips = manifest["clips"]
        minutes = sum(clip["samples"] for clip in clips) / manifest["rate"] / 60
        onsets = sum(clip["onsets"] for clip in clips)
        row = (
            str(len(clips)),
            f"{minutes:.1f}",
            str(onsets),
            split_digest(clips)[:12],
            _published(dataset, split, clips),
        )
        table.add_row(split, *row)
    return table


def _published(dataset: DataSet, split: str, clips: list[dict[str, Any]]) -> str:
    """Whether the clips that ship are the ones just made."""
    shipped = {clip["name"]: clip["sha256"] for clip in shipped_sets(dataset.shipped_root).get(split, [])}
    if not shipped:
        return ""
    made = {clip["name"]: clip["sha256"] for clip in clips}
    same = sum(made.get(name) == digest for name, digest in shipped.items())
    return (
        "the same"
        if same == len(shipped)
        else f"{same} of {len(shipped)} the same; the published ones are used"
    )
