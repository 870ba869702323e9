"""The commands that come with huggingface_hub: `hf` of release 2, `huggingface-cli` of release 0.36."""

import re
import sys
from pathlib import Path

import pytest

from tests.hub.clients.round_trip import files_of
from tests.hub.clients.running import CLIENTS, MODEL, environment, present, run
from tests.hub.serving import Hub

pytestmark = pytest.mark.slow


def test_hf(hub: Hub, tmp_path: Path) -> None:
    program = present(Path(sys.executable).with_name("hf"))
    known = environment(hub.url, hub.token("shell"), tmp_path / "home")
    known["HF_HUB_DISABLE_UPDATE_CHECK"] = "1"  # else it asks a package index for newer releases

    def hf(line: str) -> str:
        return run([program, *line.split()], known, cwd=tmp_path)

    assert "shell" in hf("auth whoami")
    hf("repos create shell/snare")
    hf(f"upload shell/snare {MODEL} . --commit-message Whole")
    hf("repos tag create shell/snare v1.0")
    hf(f"upload shell/snare {MODEL}/README.md docs/card.md --create-pr")
    hf("discussions create shell/snare --title Why --body Because")
    hf("discussions comment shell/snare 2 --body Indeed")
    assert "docs/card.md" in hf("discussions diff shell/snare 1")
    hf("discussions merge shell/snare 1 --yes")
    assert "merged" in hf("discussions list shell/snare --status all")
    hf("download shell/snare")
    hf("cache verify shell/snare")
    hf("repos delete-files shell/snare docs/*")
    hf("download shell/snare --local-dir now")
    assert files_of(tmp_path / "now") == files_of(MODEL)

    assert "shell/snare" in hf("models list --author shell --filter task:sound --quiet")
    assert re.search("[0-9a-f]{40}", hf("models info shell/snare"))
    hf("repos settings shell/snare --private")
    anonymous = {name: value for name, value in known.items() if name != "HF_TOKEN"}
    with pytest.raises(AssertionError, match="not found|401|404"):
        run([program, "models", "info", "shell/snare"], anonymous)
    hf("repos delete shell/snare --yes")


def test_huggingface_cli(hub: Hub, tmp_path: Path) -> None:
    program = present(CLIENTS / "0.36.2" / "bin" / "huggingface-cli")
    known = environment(hub.url, hub.token("oldshell"), tmp_path / "home")

    def cli(line: str) -> str:
        return run([program, *line.split()], known, cwd=tmp_path)

    assert "oldshell" in cli("whoami")
    cli("repo create oldshell/snare")
    cli(f"upload oldshell/snare {MODEL} .")
    cli("tag oldshell/snare v1.0")
    assert "v1.0" in cli("tag oldshell/snare -l")
    cli("download oldshell/snare --revision v1.0 --local-dir copy")
    assert files_of(tmp_path / "copy") == files_of(MODEL)
    cli("repo-files oldshell/snare delete README.md")
