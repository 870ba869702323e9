"""A model that any client pushed loads by `zoo.load`, and loads again once the hub is gone."""

import os
import sys
from pathlib import Path

import pytest

import zoo
from tests.hub.clients.running import CLIENTS, PYTHONS, environment, last_line, present, run
from tests.hub.serving import serving
from tests.tiny import drums, tiny_model

HERE = Path(__file__).parent
LOAD = """
import sys
import zoo

for name in sys.argv[1:]:
    repo, _, revision = name.partition("@")
    print(zoo.load(repo, revision=revision or None).circuit.digest())
"""

pytestmark = pytest.mark.slow


def test_a_model_pushed_by_each_client_loads_with_and_without_the_hub(tmp_path: Path) -> None:
    digests = {}
    with serving(tmp_path / "data") as hub:
        lab = environment(hub.url, hub.token("lab"), tmp_path / "home")
        user = {
            "PATH": os.environ["PATH"],
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "nobody"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PYTHONPATH": str(HERE.parents[2]),
        }
        for seed, client in enumerate([*PYTHONS, "js"]):
            repo = f"lab/from-{client.replace('.', '-')}"
            model = tiny_model(seed)
            zoo.save(model, tmp_path / client, samples=drums())
            commit = last_line(push(client, tmp_path / client, repo, lab))
            digests[repo] = digests[f"{repo}@{commit}"] = model.circuit.digest()
        assert load(user, list(digests)) == list(digests.values())
    assert load(user, list(digests)) == list(digests.values())
    del user["XDG_CACHE_HOME"]
    with pytest.raises(AssertionError, match="Connection refused"):
        load(user | {"HOME": str(tmp_path / "elsewhere")}, list(digests))


def load(user: dict[str, str], names: list[str]) -> list[str]:
    """The digests of the models that a fresh process loads."""
    return run([sys.executable, "-c", LOAD, *names], user).split()


def push(client: str, folder: Path, repo: str, lab: dict[str, str]) -> str:
    """Push by this client; its last word is the commit."""
    if client == "js":
        present(CLIENTS / "js" / "node_modules" / ".bin" / "hfjs")
        return run([present("node"), str(HERE / "push.mjs"), str(folder), repo], lab, cwd=CLIENTS / "js")
    return run([present(PYTHONS[client]), str(HERE / "push.py"), str(folder), repo], lab)
