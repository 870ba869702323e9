"""Put a trained model, with the record of its evaluation, into the package and its index.

python scripts/bundle_model.py runs/mine bela/onset-gates --target host --record record.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from zoo.errors import ZooError
from zoo.folder import amend_folder
from zoo.index import bundle


def main() -> None:
    """Read the arguments, amend the folder, bundle it, and print its entry."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="what `zoo train` made")
    parser.add_argument("id", help="namespace/name")
    parser.add_argument(
        "--target", action="append", required=True, help="where `zoo verify` has shown it to run"
    )
    parser.add_argument("--record", type=Path, help="what `zoo eval -o` wrote")
    given = parser.parse_args()
    try:
        if given.record is not None:
            record = json.loads(given.record.read_text())
            record["model"]["id"] = given.id
            amend_folder(given.folder, {"record.json": json.dumps(record, indent=1).encode() + b"\n"})
        print(bundle(given.folder, given.id, tuple(given.target)))
    except (ZooError, OSError, ValueError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
