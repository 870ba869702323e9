"""The builder on small synthetic kits: whole, resumable, and clear when it cannot go on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tasks.data import build, onset, packages
from tasks.data.clip import Clip
from tasks.data.maker import Maker
from tasks.data.onset import ONSET
from tasks.data.registry import DATASETS
from tasks.data.store import entry, read_clip, read_manifest, resume_clip, write_clip
from tests.tasks.data.kits import hit
from zoo.errors import ZooError

ROOT = Path(__file__).parents[3]


class Hits(Maker):
    """Six clips of single hits, without packages."""

    def count(self, split: str) -> int:
        return 6

    def name(self, split: str, index: int) -> str:
        return f"{split}-{index}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        return "kit", "MIT"

    def make(self, split: str, index: int) -> Clip:
        samples = np.rint(20_000 * hit(index)).astype(np.int16)
        return Clip(self.name(split, index), samples, np.array([0.01]), *self.group_and_licence(split, index))


def digests(folder: Path) -> list[str]:
    manifest = read_manifest(folder)
    assert manifest is not None
    return [clip["sha256"] for clip in manifest["clips"]]


def test_a_build_gives_loadable_clips_and_a_manifest_with_licences(tmp_path: Path) -> None:
    build.build_split(Hits(tmp_path), "val", tmp_path / "onset-2" / "val")
    clips = ONSET.load("val", tmp_path)
    assert [clip.digest() for clip in clips] == digests(tmp_path / "onset-2" / "val")
    manifest = read_manifest(tmp_path / "onset-2" / "val")
    assert manifest is not None
    assert {source["licence"] for source in manifest["sources"]} >= {"GPL-2.0-or-later", "CC0-1.0"}
    assert all(clip["licence"] == "MIT" for clip in ONSET.entries("val", tmp_path))


def test_a_build_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "cut"
    build.build_split(Hits(tmp_path), "val", whole)
    build.build_split(Hits(tmp_path), "val", folder)
    (folder / "manifest.json").unlink()
    (folder / "val-4.npz").unlink()
    (folder / "val-2.npz").write_bytes((folder / "val-2.npz").read_bytes()[:500])  # a disk that lost its end
    (folder / ".val-4.npz.abc").write_bytes(b"half")
    made = []
    make = Hits.make
    monkeypatch.setattr(Hits, "make", lambda self, split, i: made.append(i) or make(self, split, i))
    build.build_split(Hits(tmp_path), "val", folder)
    assert made == [2, 4]
    assert digests(folder) == digests(whole)
    assert not list(folder.glob(".*"))


SLOW_BUILD = """
import sys, time
from pathlib import Path
from tasks.data import build, store
from tests.tasks.data.test_build import Hits
write = store.write_clip
def slow(folder, clip):
    write(folder, clip); print(clip.name, flush=True); time.sleep(0.05)
build.write_clip = slow
build.build_split(Hits(Path(".")), "val", Path(sys.argv[1]))
"""


def test_kill_9_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    build.build_split(Hits(tmp_path), "val", whole)
    for delay in (0.0, 0.02, 0.07):
        command = [sys.executable, "-c", SLOW_BUILD, str(folder)]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()  # one clip is written
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert read_manifest(folder) is None, "a split is there only when it is whole"
        for file in folder.glob("*.npz"):
            assert resume_clip(folder, file.stem, "kit", "MIT") is not None, "a clip is whole or not there"
    build.build_split(Hits(tmp_path), "val", folder)
    assert digests(folder) == digests(whole)


def test_a_damaged_or_missing_clip_is_named(tmp_path: Path) -> None:
    clip = Hits(tmp_path).make("val", 0)
    write_clip(tmp_path, clip)
    about = entry(clip)
    assert read_clip(tmp_path, about).digest() == clip.digest()
    (tmp_path / "val-0.npz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(ZooError, match=r"val-0\.npz: cannot read this clip.*Run `zoo data build` again"):
        read_clip(tmp_path, about)
    write_clip(tmp_path, Clip("val-0", clip.samples[:-1], clip.onsets, "kit", "MIT"))
    with pytest.raises(ZooError, match=r"val-0\.npz.*Run `zoo data build` again"):
        read_clip(tmp_path, about)


def test_what_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"not built\. Run `zoo data build onset`"):
        ONSET.load("train", tmp_path)
    with pytest.raises(ZooError, match="no split 'tain'"):
        ONSET.load("tain", tmp_path)


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    with (
        build.building_in(tmp_path),
        pytest.raises(ZooError, match="another `zoo data build` runs"),
        build.building_in(tmp_path),
    ):
        pass


def tool(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_apt_the_message_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ZooError, match=r"apt-get not found.*--packages"):
        packages.fetch(tmp_path / "packages", ONSET.packages)
    assert not (tmp_path / "packages").exists()


def test_without_network_the_message_quotes_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path / "bin", "apt-get", "echo \"E: Could not resolve 'mirror'\" >&2; exit 100")
    tool(tmp_path / "bin", "dpkg", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(packages, "ROOM_BYTES", 0)
    with pytest.raises(
        ZooError, match=r"cannot download hydrogen-data: E: Could not resolve 'mirror'. Check the net"
    ):
        packages.fetch(tmp_path / "packages", ONSET.packages)
    assert list((tmp_path / "packages").iterdir()) == []


def test_packages_appear_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path / "bin", "apt-get", 'touch "$3_1.0_all.deb"')
    tool(tmp_path / "bin", "dpkg", 'mkdir -p "$3/usr" && echo sound > "$3/usr/file"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(packages, "ROOM_BYTES", 0)
    folder = packages.fetch(tmp_path / "packages", ONSET.packages)
    assert {path.name for path in folder.iterdir()} == set(ONSET.packages)
    assert (folder / "hydrogen-data" / "usr" / "file").read_text() == "sound\n"
    with pytest.raises(ZooError, match=r"its files are not those of hydrogen-data .* unpack that version"):
        Maker(folder).check()
    with pytest.raises(ZooError, match=r"No such file or directory\. Unpack its package again"):
        packages.files_digest([folder / "none"])


def test_a_full_disk_is_found_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ZooError, match=r"1\.5 GB are needed, 0\.0 GB are free"):
        packages.check_room(tmp_path, packages.ROOM_BYTES)


def test_missing_and_other_packages_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZooError, match=r"no hydrogen-data/usr.*apt-get download hydrogen-data"):
        Maker(tmp_path).check()
    for name in ONSET.packages:
        (tmp_path / name / "usr").mkdir(parents=True)
    (tmp_path / "other.flac").write_bytes(b"")
    sources = {"GMRockKit": [tmp_path / "other.flac"]}
    with pytest.raises(ZooError, match=r"GMRockKit: its files are not those of hydrogen-data 1\.2\.0"):
        packages.check_sources("onset", tmp_path, ONSET.packages, sources)


def test_without_fluidsynth_the_shipped_set_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "test2" not in ONSET.buildable(tmp_path)
    monkeypatch.setattr(onset, "shipped_sets", dict)
    with pytest.raises(ZooError, match=r"fluidsynth not found.*Install it"):
        ONSET.buildable(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ZooError, match="Choose another folder with --out or ZOO_CACHE"):
        build.build_command(out=tmp_path / "file" / "below")


def test_every_source_has_a_digest() -> None:
    listed = json.loads((ROOT / "tasks" / "data" / "sources.json").read_text())
    assert set(listed) == set(DATASETS)
    for name, dataset in DATASETS.items():
        origins = {*dataset.packages, *(repository.name for repository in dataset.repositories)}
        assert {about["package"] for about in listed[name].values()} == origins
        assert all(len(about["sha256"]) == 64 for about in listed[name].values())
