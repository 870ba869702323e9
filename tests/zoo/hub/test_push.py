"""`zoo push` against a real hub, through the hub's unmodified client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, constants

import zoo
from tests.hub.conftest import HubServer, hub_server
from tests.tiny import flat_model, tiny_model
from tests.zoo.hub.test_release import CHECKPOINT, measured
from zoo import HubError, SignatureError, ZooError
from zoo.cli import run_command
from zoo.hub import keys, push
from zoo.hub.cache import HubCache
from zoo.hub.get import Extras, fetch
from zoo.hub.names import RepoId
from zoo.hub.release import HOW_BUILT, prepare

assert hub_server  # a fixture of this module, too

pytestmark = pytest.mark.filterwarnings("ignore::zoo.HubNote")
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def bela(nobody: None, hub_server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who pushes."""
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    monkeypatch.setenv("HF_TOKEN", hub_server.tokens["bela"])


@pytest.fixture
def api(hub_server: HubServer, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    """The hub as its own client sees it."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)  # read once, when the client was imported
    return HfApi(endpoint=hub_server.endpoint, token=hub_server.tokens["bela"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return zoo.save(tiny_model(), tmp_path / "tiny")


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def names(api: HfApi, repo: str, revision: str = "main") -> set[str]:
    return set(api.list_repo_files(repo, revision=revision)) - {".gitattributes"}


def test_what_was_pushed_loads_by_the_id_to_cite(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(folder)
    pushed = zoo.push(folder, "bela/pushed", tag="v1.0")
    assert contents(folder) == before, "a push leaves the folder as it is"
    assert pushed.pinned == f"bela/pushed@{pushed.commit}"
    assert (pushed.changed, pushed.pr, pushed.signed) == (True, None, "unsigned")
    monkeypatch.delenv("HF_TOKEN")
    loaded = zoo.load(pushed.pinned)
    assert loaded.id == "bela/pushed"
    assert loaded.circuit.digest() == tiny_model().circuit.digest()
    assert zoo.load("bela/pushed@v1.0").folder == loaded.folder
    assert 'zoo.load("bela/pushed")' in (loaded.folder / "README.md").read_text()


def test_a_second_push_of_the_same_sends_nothing(folder: Path, api: HfApi) -> None:
    first = zoo.push(folder, "bela/same", tag="v1")
    again = zoo.push(folder, "bela/same", tag="v1")
    assert (again.changed, again.commit) == (False, first.commit)
    assert zoo.push(folder, "bela/same", tag="v1.1").commit == first.commit
    model = zoo.save(flat_model(), folder)
    with pytest.raises(HubError, match=f"the tag v1 names {first.commit} already"):
        zoo.push(model, "bela/same", tag="v1")
    assert api.model_info("bela/same").sha == first.commit, "refused before anything was sent"
    assert len(api.list_repo_commits("bela/same")) == len(api.list_repo_commits("bela/same", revision="v1"))


def test_it_is_signed_by_whoever_has_a_key(folder: Path, tmp_path: Path) -> None:
    private = keys.new_key("mine")
    first = zoo.push(folder, "bela/signed")
    assert "signed by your key mine" in first.signed
    keys.trust("bela", keys.own_public(private) or "", "Bela")
    again = zoo.push(folder, "bela/signed")
    assert (again.commit, again.changed) == (first.commit, False), "Ed25519 signs alike each time"
    assert again.signed.startswith("signed by Bela")
    assert zoo.load(first.pinned).id == "bela/signed"
    unsigned = zoo.push(folder, "bela/signed", sign=False)
    with pytest.raises(SignatureError, match="expected a signature by Bela"):
        zoo.load(unsigned.pinned)
    assert zoo.load(first.pinned).id == "bela/signed", "an older one that is signed stays good"
    with pytest.raises(SignatureError, match="no private key"):
        zoo.push(folder, "bela/signed", key="another")


def test_a_new_key_takes_over_from_a_lost_one(folder: Path) -> None:
    lost, new = keys.new_key("lost"), keys.new_key("new")
    keys.trust("bela", keys.own_public(lost) or "", "lost")
    first = zoo.push(folder, "bela/rotated", key="lost")
    kept = zoo.load("bela/rotated").folder
    second = zoo.push(folder, "bela/rotated", key="new")
    assert (second.changed, second.commit != first.commit) == (True, True)
    keys.trust("bela", keys.own_public(new) or "", "new")
    assert zoo.load("bela/rotated").folder == kept, "the same manifest, with the new signature"
    keys.distrust("bela", "lost")
    assert zoo.load(second.pinned).id == "bela/rotated"


def test_a_signed_model_is_not_taken_under_another_name(folder: Path, api: HfApi) -> None:
    private = keys.new_key("mine")
    keys.trust("bela", keys.own_public(private) or "", "Bela")
    signed = zoo.load(zoo.push(folder, "bela/one").pinned).folder
    assert signed is not None
    api.create_repo("bela/other")
    moved = [CommitOperationAdd(name, data) for name, data in contents(signed).items()]
    api.create_commit("bela/other", moved, commit_message="as a hub might that means harm")
    with pytest.raises(SignatureError, match="Bela signed this model as bela/one"):
        zoo.load("bela/other")


def test_a_signature_stays_where_nothing_changes(folder: Path) -> None:
    keys.new_key("mine")
    pushed = zoo.push(folder, "bela/kept")
    copy = zoo.load(pushed.pinned).folder
    keys.key_path("mine").unlink()
    assert copy is not None
    assert zoo.push(copy, "bela/kept").changed is False
    assert prepare(copy, RepoId.parse("bela/renamed")).signed.status == "unsigned"


def test_the_hubs_own_parsers_read_card_and_results(tmp_path: Path, api: HfApi) -> None:
    from huggingface_hub import ModelCard
    from huggingface_hub.repocard_data import model_index_to_eval_results

    pushed = zoo.push(measured(tmp_path), "bela/measured")
    card = ModelCard.load(api.hf_hub_download("bela/measured", "README.md", cache_dir=tmp_path / "hf_cache"))
    api._validate_yaml(str(card), repo_type="model")  # what `card.validate` asks
    data = card.data.to_dict()
    assert (data["library_name"], data["license"]) == ("difflogic-zoo", "other")
    assert data["license_name"] == "mit-and-cc-by-4.0"
    assert data["tags"] == ["logic-gates", "audio", "onset"]
    name, (result,) = model_index_to_eval_results(data["model-index"])
    assert (name, result.metric_type, result.metric_value) == ("bela/measured", "f_50ms", 0.912345678901)
    info = api.model_info("bela/measured", expand=["evalResults"])
    (entry,) = info.eval_results
    assert (entry.dataset_id, entry.task_id, entry.value) == (
        "difflogic-zoo/onset", "test1_f_50ms", 0.912345678901,
    )  # fmt: skip
    manifest = json.loads((zoo.load(pushed.pinned).folder / "manifest.json").read_bytes())
    assert not any(name.startswith(".") for name in manifest["files"])


def test_results_of_other_people_stay_as_long_as_the_circuit_does(tmp_path: Path, api: HfApi) -> None:
    folder = measured(tmp_path)
    zoo.push(folder, "bela/results")
    theirs = CommitOperationAdd(".eval_results/loops.yaml", b"- dataset: {id: a/b, task_id: c}\n  value: 1\n")
    notes = CommitOperationAdd("notes/about.txt", b"mine")
    api.create_commit("bela/results", [theirs, notes], commit_message="more")
    zoo.push(measured(tmp_path, 0.5), "bela/results", checkpoint=True)
    expected = {".eval_results/loops.yaml", ".eval_results/onset.yaml", "checkpoint.safetensors"}
    assert expected | {"notes/about.txt"} <= names(api, "bela/results")
    pushed = zoo.push(zoo.save(flat_model(), tmp_path / "flat"), "bela/results")
    assert names(api, "bela/results", pushed.commit) == {
        *("README.md", "config.json", "golden.safetensors", "manifest.json", "model.safetensors"),
        "notes/about.txt",
    }


def test_weights_travel_only_when_asked_for(tmp_path: Path, api: HfApi, folder: Path) -> None:
    mine = measured(tmp_path)
    assert "checkpoint.safetensors" not in names(api, "bela/weights", zoo.push(mine, "bela/weights").commit)
    pushed = zoo.push(mine, "bela/weights", checkpoint=True)
    loaded = zoo.load(pushed.pinned).folder
    assert not (loaded / "checkpoint.safetensors").exists()
    got = fetch(RepoId.parse("bela/weights"), pushed.commit, extras=Extras(checkpoint=True))
    assert (got / "checkpoint.safetensors").read_bytes() == CHECKPOINT["checkpoint.safetensors"]
    with pytest.raises(ZooError, match=r"no checkpoint\.safetensors to publish"):
        zoo.push(folder, "bela/weights", checkpoint=True)


def builds_of(digest: str, root: Path) -> Path:
    """What `zoo export --prebuilt` leaves, with bytes that are no program."""
    for machine in ("x86-64", "armv7"):
        place = root / machine / "pd"
        place.mkdir(parents=True)
        (place / "tiny~.pd_linux").write_bytes(b"\x7fELF " + machine.encode())
        (place / HOW_BUILT).write_text(f"circuit: {digest}\ncompiler: none\n")
    return root


def test_binaries_are_signed_with_the_model_or_refused_by_who_gets_them(folder: Path, tmp_path: Path) -> None:
    other = builds_of("0" * 64, tmp_path / "other")
    with pytest.raises(ZooError, match="built of another model"):
        zoo.push(folder, "bela/built", prebuilt=other)
    with pytest.raises(ZooError, match=r"no builds with BUILT\.txt"):
        zoo.push(folder, "bela/built", prebuilt=folder)
    builds = builds_of(tiny_model().circuit.digest(), tmp_path / "builds")
    repo, wanted = RepoId.parse("bela/built"), Extras(prebuilt="armv7-pd")
    unsigned = zoo.push(folder, "bela/built", prebuilt=builds)
    with pytest.raises(SignatureError, match="prebuilt/armv7-pd is code, and this model is unsigned"):
        fetch(repo, unsigned.commit, extras=wanted)
    private = keys.new_key("mine")
    keys.trust("bela", keys.own_public(private) or "", "Bela")
    signed = zoo.push(folder, "bela/built", prebuilt=builds)
    got = fetch(repo, signed.commit, extras=wanted)
    assert (got / "prebuilt/armv7-pd/tiny~.pd_linux").read_bytes() == b"\x7fELF armv7"
    assert (got / "prebuilt/armv7-pd" / HOW_BUILT).is_file()
    assert not (got / "prebuilt/x86-64-pd").exists()


def test_a_pull_request_leaves_the_repository_as_it_is(
    folder: Path, api: HfApi, hub_server: HubServer
) -> None:
    first = zoo.push(folder, "bela/open")
    other = zoo.save(flat_model(), folder)
    pushed = zoo.push(other, "bela/open", create_pr=True, token=hub_server.tokens["eve"])
    assert pushed.pr is not None
    assert pushed.pr.startswith(f"{hub_server.endpoint}/bela/open/discussions/")
    assert api.model_info("bela/open").sha == first.commit
    assert zoo.load(pushed.pinned).circuit.digest() == flat_model().circuit.digest()
    with pytest.raises(ZooError, match="Tag after it was merged"):
        zoo.push(other, "bela/open", create_pr=True, tag="v1")


def test_private_stays_private(folder: Path, monkeypatch: pytest.MonkeyPatch, hub_server: HubServer) -> None:
    pushed = zoo.push(folder, "bela/secret", private=True)
    assert zoo.load(pushed.pinned).id == "bela/secret"
    monkeypatch.setenv("HF_TOKEN", hub_server.tokens["eve"])
    monkeypatch.setenv("ZOO_CACHE", str(HubCache().root / "other"))
    with pytest.raises(ZooError, match="bela/secret"):
        zoo.load(pushed.pinned)
    monkeypatch.setenv("HF_TOKEN", hub_server.tokens["bela"])
    zoo.push(folder, "bela/public")
    with pytest.raises(HubError, match="exists and is public"):
        zoo.push(zoo.save(flat_model(), folder), "bela/public", private=True)


def test_a_model_without_a_folder_is_pushed_too(hub_server: HubServer) -> None:
    model = tiny_model()
    pushed = model.push_to_hub("difflogic/Tiny", commit_message="first", token=hub_server.tokens["bela"])
    loaded = zoo.load(pushed.pinned)
    assert loaded.id == "difflogic/tiny", "a model's id is in lower case"
    assert loaded.circuit.digest() == model.circuit.digest()


def test_refusals_are_one_line_that_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, hub_server: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    zoo.push(flat_model(), "bela/refused")
    bela, eve = hub_server.tokens["bela"], hub_server.tokens["eve"]
    nobodys = "hf_" + "x" * 34
    for token, repo, options, said in (
        (nobodys, "bela/refused", [], "your token is not accepted"),
        (eve, "bela/refused", [], "you may not write there"),
        (eve, "bela/new", [], "you may not write there"),
        (bela, "bela/Refused", [], "the name is taken"),
        (eve, "bela/none", ["--pr"], "no repository bela/none that your token may see"),
        ("", "bela/refused", [], "a push needs your token"),
        ("a b", "bela/refused", [], "one word of ASCII"),
        (eve, "no-slash", [], "expected owner/name"),
        (eve, "eve/" + "x" * 70, [], "at most 64 characters"),
        (eve, "eve/tagged", ["--tag", "a..b"], "expected a revision"),
        (eve, "eve/tagged", ["--tag", "f" * 40], "would look like a commit"),
    ):
        monkeypatch.setenv("HF_TOKEN", token)
        assert run_command(["push", str(folder), repo, *options]) == 1, said
        error = capsys.readouterr().err
        assert said in error
        assert error.startswith("Error: ")
        assert error.count("\n") == 1
        assert "hf_x" not in error, "no message shows a token"
    monkeypatch.setenv("HF_TOKEN", eve)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match="no answer") as caught:
        zoo.push(folder, "eve/away")
    assert caught.value.kind == "unreachable"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        zoo.push(folder, "eve/away")


def test_who_comes_second_is_told_so_and_nothing_is_lost(
    folder: Path, api: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo.push(folder, "bela/race")
    look = push._changes

    def meanwhile(*args: object) -> list[object]:
        found = look(*args)  # type: ignore[arg-type]
        api.create_commit("bela/race", [CommitOperationAdd("a.txt", b"a")], commit_message="theirs")
        return found

    monkeypatch.setattr(push, "_changes", meanwhile)
    with pytest.raises(HubError, match="somebody pushed meanwhile"):
        zoo.push(zoo.save(flat_model(), folder), "bela/race")
    assert api.list_repo_commits("bela/race")[0].title == "theirs"


@pytest.mark.slow
@pytest.mark.parametrize("release", ["0.36.2", "1.33.0"])
def test_older_clients_push_too(release: str, folder: Path, hub_server: HubServer) -> None:
    """In a process that finds this release before the installed one."""
    found = sorted((ROOT / "build" / "clients" / release / "lib").glob("python3*/site-packages"))
    if not found:
        pytest.skip(f"huggingface_hub {release}: run scripts/install_hub_clients.sh")
    code = (
        "import sys, zoo, huggingface_hub as client; folder, eve = sys.argv[1:];"
        "name = 'bela/from-' + client.__version__;"
        "pushed = zoo.push(folder, name, tag='v1'); again = zoo.push(folder, name, tag='v1');"
        "other = zoo.load('bela/kick-gates-nano');"
        "opened = zoo.push(other, name, create_pr=True, token=eve);"
        "loaded = zoo.load(pushed.pinned).id;"
        "print(client.__version__, pushed.changed, again.changed, bool(opened.pr), loaded);"
        "zoo.push(other, name, token=eve)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), hub_server.tokens["eve"]],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": f"{found[0]}:{ROOT}"},
    )  # fmt: skip
    assert done.stdout.split() == [release, "True", "False", "True", f"bela/from-{release}"], done.stderr
    assert "HubError: bela/from-" in done.stderr
    assert "you may not write there" in done.stderr


def test_a_dry_run_says_what_would_be_sent(
    folder: Path, api: HfApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["push", str(folder), "bela/dry", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "manifest.json" in out
    assert "Nothing was sent." in out
    assert not api.repo_exists("bela/dry")
    assert run_command(["push", str(folder), "bela/wet"]) == 0
    out = capsys.readouterr().out
    commit = api.model_info("bela/wet").sha
    assert f"To cite: bela/wet@{commit}\n" in out
    assert f'zoo.load("bela/wet@{commit}")' in out
