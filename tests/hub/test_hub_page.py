"""docs/hub.md says what is so: its commands run, in its order, and its numbers are the code's."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub.tokens import TokenBook
from scripts.render_hub import MODELS, PAGE, with_limits
from tests.hub.clients.running import CLIENTS, present
from tests.hub.conftest import HubServer, start_hub
from tests.hub.raw import commit_body, exchange, head, send

BIN = Path(sys.executable).parent
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def blocks(language: str) -> list[str]:
    return [body for name, body in FENCE.findall(PAGE.read_text()) if name == language]


def test_the_limits_are_the_codes() -> None:
    assert PAGE.read_text() == with_limits(PAGE.read_text()), "run `python -m scripts.render_hub`"


@pytest.mark.slow
def test_what_the_page_says_works_in_its_order(tmp_path: Path) -> None:
    data, work = tmp_path / "data", tmp_path / "work"
    work.mkdir()
    (work / "runs").mkdir()
    shutil.copytree(MODELS / "bela" / "kick-gates", work / "runs" / "kick")
    serve, who, push, commands, tokens = blocks("sh")
    known = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "COLUMNS": "200",
    }

    def sh(text: str, cwd: Path = work) -> str:
        text = text.replace("/srv/hub", str(data))
        done = subprocess.run(
            ["bash", "-euc", text],
            cwd=cwd,
            env=known,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    new_token, start = serve.splitlines()
    known["HF_TOKEN"] = sh(new_token).strip()
    assert start == "zoo hub serve /srv/hub --host 0.0.0.0 --port 8085"
    hub = start_hub(data, "--host", "127.0.0.1", tokens={})
    try:
        assert re.findall(r"export (\w+)=", who) == ["HF_ENDPOINT", "HF_TOKEN"]
        known["HF_ENDPOINT"] = hub.endpoint
        sh(push)
        (load,) = blocks("python")
        load = f"python -c '{load}\nprint(model.id)'"
        assert sh(load).split()[-1] == "ada/snare"
        assert "ada/snare" in sh(commands)
        (python,) = blocks("py")
        sh(f"python - <<'END'\n{python}\nopen(folder + '/config.json').close()\nEND")
        present("node")
        present(CLIENTS / "js" / "node_modules" / ".bin" / "hfjs")
        (javascript,) = blocks("js")
        said = sh(f"node --input-type=module - <<'END'\n{javascript}\nEND", CLIENTS / "js")
        assert said.strip() == "Rings."
        listed = sh(tokens)
        assert "visitor" in listed
        assert "band" in listed
    finally:
        hub.stop()
    assert sh(load).split()[-1] == "ada/snare", "the hub is gone"


@pytest.mark.slow
def test_a_copied_folder_serves_the_same_behind_a_proxy(tmp_path: Path) -> None:
    """Backup and restore; and addresses in answers are those that the proxy is asked for."""
    token = TokenBook(tmp_path / "data").new("ada")
    hub = start_hub(tmp_path / "data", tokens={})
    said = [b"X-Forwarded-Proto: https", b"X-Forwarded-For: 10.0.0.7"]
    body = b'{"name": "snare"}'
    request = head("POST", "/api/repos/create", token, Content_Length=str(len(body)))
    request = request.replace(b"Host: hub", b"Host: hub.lab") + body
    answer = exchange(_port(hub), request.replace(b"\r\n\r\n", b"\r\n" + b"\r\n".join(said) + b"\r\n\r\n"))
    assert answer.json()["url"] == "https://hub.lab/ada/snare"
    files = {"small.txt": b"small", "large.bin": b"large" * 300_000}
    assert (
        send(_port(hub), "POST", "/api/models/ada/snare/commit/main", token, commit_body(files)).status == 200
    )
    hub.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    copy = start_hub(tmp_path / "copy", tokens={})
    try:
        for path, data in files.items():
            assert send(_port(copy), "GET", f"/ada/snare/resolve/main/{path}").body == data
        more = commit_body({"more.txt": b"more"})
        assert send(_port(copy), "POST", "/api/models/ada/snare/commit/main", token, more).status == 200
    finally:
        copy.stop()


def _port(hub: HubServer) -> int:
    return int(hub.endpoint.rpartition(":")[2])
