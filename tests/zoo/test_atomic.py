import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zoo.atomic import replace_folder, write_file


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_appears_whole_and_alone(tmp_path: Path) -> None:
    write_file(tmp_path / "a.txt", "one")
    write_file(tmp_path / "a.txt", b"two")
    assert (tmp_path / "a.txt").read_text() == "two"
    assert names(tmp_path) == ["a.txt"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o666 & ~umask


def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_file(tmp_path / "pipe", "through")
    assert os.read(reader, 99) == b"through"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_the_standard_output_may_be_a_pipe() -> None:
    code = "from pathlib import Path; from zoo.atomic import write_file; write_file(Path('/dev/stdout'), 'x')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("x", "")


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such folder.*nowhere"):
        write_file(tmp_path / "nowhere" / "a", "x")


@pytest.mark.parametrize("write", [lambda p: write_file(p, "x"), lambda p: replace_folder(p, {"a": b"x"})])
def test_an_error_names_what_was_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as write() says it: without a name

    monkeypatch.setattr(Path, "chmod", full)
    with pytest.raises(OSError) as caught:
        write(tmp_path / "hits")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "hits"))
    assert not list(tmp_path.iterdir())


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    replace_folder(tmp_path / "m", {"a": b"1", "prebuilt/x/y": b"2"})
    replace_folder(tmp_path / "m", {"b": b"3"})
    assert names(tmp_path / "m") == ["b"]
    assert names(tmp_path) == ["m"]


def test_a_failing_write_leaves_the_old_folder(tmp_path: Path) -> None:
    replace_folder(tmp_path / "m", {"a": b"1"})
    with pytest.raises(TypeError):
        replace_folder(tmp_path / "m", {"b": b"2", "c": None})  # type: ignore[dict-item]
    assert (tmp_path / "m" / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["m"]


WRITER = """
import sys
from pathlib import Path
from zoo.atomic import replace_folder
for n in range(10**6):
    data = str(n).encode() * 2000
    replace_folder(Path(sys.argv[1]), {"a": data, "b": data})
"""


@pytest.mark.parametrize("delay", [0.11, 0.15, 0.19, 0.23])
def test_a_kill_at_any_moment_leaves_one_whole_folder(tmp_path: Path, delay: float) -> None:
    folder = tmp_path / "m"
    replace_folder(folder, {"a": b"", "b": b""})
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)])
    deadline = time.monotonic() + 10
    while not (folder / "a").read_bytes() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    a, b = (folder / "a").read_bytes(), (folder / "b").read_bytes()
    assert a
    assert a == b
