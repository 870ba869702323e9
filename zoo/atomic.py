"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write_file(path: Path, data: bytes | str) -> None:
    """Write a file under a temporary name beside it, then put it in place.

    A device or a pipe is written to, never replaced; a link keeps pointing to the file.

    Raises:
        OSError: The folder does not exist or cannot be written.
    """
    content = data.encode() if isinstance(data, str) else data
    if path.exists() and not path.is_file():  # before links are followed: /dev/stdout leads to no path
        path.write_bytes(content)
        return
    path = path.resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))
    with naming(path):
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def replace_folder(root: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of these files beside `root`, then swap it in: a kill leaves the old or the new.

    A link keeps pointing to the folder.
    """
    root = root.resolve()
    with naming(root):
        root.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
        try:
            for name, data in files.items():
                path = temporary / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            temporary.chmod(0o777 & ~_umask())
            if root.exists():
                _exchange(temporary, root)
            else:
                temporary.rename(root)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system name what was to be written: it names a temporary file, or nothing."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _exchange(one: Path, other: Path) -> None:
    """Swap two folders: in one step where the system can (Linux), else in two."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, TypeError, OSError):
        renameat2 = None
    if renameat2 is not None:
        pair = _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
        if renameat2(*pair) == 0:
            return
    aside = one.with_name(one.name + ".old")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def _umask() -> int:
    """The permissions that the user withholds; temporary files are made without them."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
