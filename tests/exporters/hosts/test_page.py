"""The page of a WebAssembly export in a real Chromium: Play is pressed, and it says what it hears."""

import json
from pathlib import Path

import pytest

import zoo
from exporters.hosts import HOSTS
from tests.exporters.hosts import browser_host
from tests.exporters.hosts.hosts import needs

pytestmark = pytest.mark.slow

# Presses the button, and posts the first answer, or what went wrong for ten seconds.
PRESS = """\
<script>
const wrong = [];
for (const kind of ["error", "unhandledrejection"])
    window.addEventListener(kind, (event) => wrong.push(String(event.message || event.reason)));
window.addEventListener("load", async () => {
    const answer = document.getElementById("answer");
    document.getElementById("play").click();
    for (let n = 0; n < 500 && !answer.textContent && !wrong.length; n++)
        await new Promise((go) => setTimeout(go, 20));
    const sliders = document.querySelectorAll("input").length;
    fetch("result", { method: "POST", body: JSON.stringify([answer.textContent, wrong, sliders]) });
});
</script>
"""


@pytest.mark.parametrize(
    ("id", "says", "sliders"),
    [
        ("bela/onset-gates", "hit", 2),
        ("bela/violin-gates-nano", "pitch", 0),
        ("bela/drum-gates-nano", "", 0),
    ],
)
def test_the_page_plays_and_says_what_it_hears(id: str, says: str, sliders: int, tmp_path: Path) -> None:
    needs("chromium", "chromium")
    model = zoo.load(id)
    HOSTS["wasm"].export(model, tmp_path)
    page = (tmp_path / "index.html").read_text()
    (tmp_path / "run.html").write_text(page.replace("<h1>", PRESS + "<h1>", 1))
    answer, wrong, found = json.loads(browser_host.render(tmp_path)["/result"])
    assert not wrong
    assert answer.startswith(says)
    assert answer in (model.config.classes or [answer])
    assert answer
    assert found == sliders
