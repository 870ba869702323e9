"""Git repositories as a source of recordings: one commit, fetched once, no history."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import ZooError


@dataclass(frozen=True)
class Repository:
    """One commit of a repository.

    Args:
        name: Of its folder beside unpacked packages.
        url: Where it is published.
        commit: 40 hex digits.
    """

    name: str
    url: str
    commit: str

    @property
    def how(self) -> str:
        """How users get it by hand."""
        return f"`git clone {self.url} {self.name} && git -C {self.name} checkout {self.commit}`"

    def fetch(self, folder: Path) -> None:
        """Put the commit's files in `folder/<name>`, whole or not at all, unless they are there.

        Raises:
            ZooError: There is no git, or it cannot fetch; the message says how to do it by hand.
        """
        if (folder / self.name).is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{self.name}.", dir=folder) as work:
            whole = Path(work, "whole")
            for command in (
                ["git", "init", "--quiet", str(whole)],
                ["git", "-C", str(whole), "fetch", "--quiet", "--depth", "1", self.url, self.commit],
                ["git", "-C", str(whole), "checkout", "--quiet", "--detach", "FETCH_HEAD"],
            ):
                self._run(command)
            whole.rename(folder / self.name)

    def find(self, folder: Path, inside: str) -> Path:
        """The repository's folder: `folder/<name>` or `folder` itself, whichever has `inside`.

        Raises:
            ZooError: Neither has; the message says how to get it.
        """
        for found in (folder / self.name, folder):
            if (found / inside).exists():
                return found
        raise ZooError(
            f"{folder}: no {self.name} there ({inside} is missing). Get it by {self.how}, then name the "
            "folder it lies in with --packages"
        )

    def _run(self, command: list[str]) -> None:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            said = done.stderr.strip().splitlines() or ["no reason given"]
            failed = f"{' '.join(command[:1] + command[3:4])}: {said[-1]}" if done.returncode else ""
        except OSError as error:
            failed = f"git: {error.strerror or error}"
        if failed:
            raise ZooError(
                f"zoo data build: cannot fetch {self.name}: {failed}. Get it by {self.how} elsewhere, then "
                "name the folder it lies in with --packages"
            )
