"""What this package knows of the models that came with it, and so of the same networks on a hub."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NETWORK = "model.safetensors"


@dataclass(frozen=True)
class Known:
    """One network.

    Args:
        targets: Where it has been shown to run.
        cycles: Of a hop, median, by target; emulated or simulated, never measured on a board.
    """

    targets: tuple[str, ...]
    cycles: dict[str, float]


NOTHING = Known((), {})


@cache
def bundled() -> dict[str, Known]:
    """By the SHA-256 of the network's file: a push writes config, card and manifest anew, and never that."""
    from zoo.index import entries

    costs = json.loads((files("hub") / "costs.json").read_bytes())
    found = {}
    for id, entry in entries().items():
        manifest = json.loads((entry.folder / "manifest.json").read_bytes())
        found[manifest["files"][NETWORK]["sha256"]] = Known(entry.targets, costs.get(id, {}))
    return found
