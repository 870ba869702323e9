"""A cache without its hub, through an unmodified huggingface_hub: `python offline.py OWNER/NAME COMMIT`.

HF_ENDPOINT leads nowhere, and HF_HOME is what round_trip.py left.
"""

import sys
from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError


def main() -> None:
    """A pinned snapshot and its files are there; what was never fetched is said to be missing."""
    repo, commit = sys.argv[1:]
    folder = Path(snapshot_download(repo, revision=commit))
    assert Path(hf_hub_download(repo, "config.json", revision=commit)) == folder / "config.json"
    assert Path(snapshot_download(repo, local_files_only=True)).is_dir()
    try:
        hf_hub_download(repo, "absent.txt", revision=commit, local_files_only=True)
    except LocalEntryNotFoundError:
        return
    raise AssertionError("a file that was never fetched is said to be there")


if __name__ == "__main__":
    main()
