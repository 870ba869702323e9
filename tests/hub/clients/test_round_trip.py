"""Other people's clients, unmodified, each with its own interpreter, do all they can with `zoo hub serve`."""

from pathlib import Path

import pytest

from tests.hub.clients.running import CLIENTS, MODEL, PYTHONS, environment, last_line, present, run
from tests.hub.serving import Hub

HERE = Path(__file__).parent
NOWHERE = "http://127.0.0.1:9"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("release", PYTHONS)
def test_python(release: str, hub: Hub, tmp_path: Path) -> None:
    python = present(PYTHONS[release])
    owner = f"lab{release.replace('.', '')}"
    tokens = [hub.token(owner, "read"), hub.token(f"eve{owner}")]
    known = environment(hub.url, hub.token(owner), tmp_path)
    repo = f"{owner}/snare"
    commit = last_line(run([python, str(HERE / "round_trip.py"), str(MODEL), repo, *tokens], known))
    run([python, str(HERE / "offline.py"), repo, commit], known | {"HF_ENDPOINT": NOWHERE})


def test_javascript(hub: Hub, tmp_path: Path) -> None:
    node = present("node")
    installed = Path(present(CLIENTS / "js" / "node_modules" / ".bin" / "hfjs")).parents[2]
    tokens = [hub.token("script", "read"), hub.token("evescript")]
    known = environment(hub.url, hub.token("script"), tmp_path)
    run([node, str(HERE / "round_trip.mjs"), str(MODEL), "script/snare", *tokens], known, cwd=installed)
