"""The test sets and labels that ship: whole, licensed, readable with no cache, and made as they say."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mir_eval.util import match_events

from tasks.data import testset
from tasks.data.annotate import agreed, corrected, refine, rises
from tasks.data.kits import kits_of
from tasks.data.loops import LABELS, LOOPS, VAL_LOOPS, VALIDATION_LABELS
from tasks.data.onset import ONSET
from tasks.data.render import FONTS
from tasks.metrics import f_measure
from zoo.errors import ZooError

RATE = 44_100
COUNTS = {"test1": 60, "test2": 60, "test3": 13}
LABELLED = (LABELS.parent, VALIDATION_LABELS.parent)


@pytest.mark.parametrize("name", COUNTS)
def test_a_set_loads_whole_without_any_cache(name: str, tmp_path: Path) -> None:
    clips = ONSET.load(name, tmp_path)
    assert len(clips) == COUNTS[name]
    for clip in clips:
        assert clip.samples.dtype == np.int16
        assert np.all(np.diff(clip.onsets) >= 0.0299999)
        assert 0 <= clip.onsets[0] <= clip.onsets[-1] < clip.seconds


def test_a_set_written_anew_is_the_same(tmp_path: Path) -> None:
    clips = testset.read_set("test3")
    testset.write_sets({"test3": clips}, tmp_path)
    assert (
        json.loads((tmp_path / "manifest.json").read_text())["sets"]["test3"]
        == testset.shipped_sets()["test3"]
    )
    shipped = (testset.ROOT / "test3" / "labels.json").read_bytes()
    assert (tmp_path / "test3" / "labels.json").read_bytes() == shipped
    assert [clip.digest() for clip in testset.read_set("test3", tmp_path)] == [
        clip.digest() for clip in clips
    ]


def test_each_clip_names_its_source_and_licence() -> None:
    allowed = {kit.folder: kit.licence for kit in kits_of("test1")}
    allowed |= {font.name: font.licence for font in FONTS}
    loops = {loop.name: loop for loop in LOOPS}
    text = (testset.ROOT / "LICENSES.md").read_text()
    for name, clips in testset.shipped_sets().items():
        for clip in clips:
            if name == "test3":
                assert loops[clip["name"]].ships
                assert clip["licence"] == loops[clip["name"]].licence
            else:
                assert clip["licence"] == allowed[clip["group"]]
            assert clip["licence"] in text
            assert clip["group"] in text


def test_what_may_not_ship_does_not_and_joins_once_it_is_built(tmp_path: Path) -> None:
    shipped = {path.stem for path in testset.ROOT.rglob("*.flac")}
    assert not {loop.name for loop in LOOPS if not loop.ships} & shipped
    from tasks.data.clip import Clip
    from tasks.data.store import entry, write_clip, write_manifest

    folder = ONSET.folder("test3", tmp_path)
    folder.mkdir(parents=True)
    clips = [Clip(loop.name, np.zeros(RATE, np.int16), np.array([0.5]), "x", "x") for loop in LOOPS]
    for clip in clips:
        write_clip(folder, clip)
    write_manifest(folder, "test3", [entry(clip) for clip in clips], {})
    loaded = ONSET.load("test3", tmp_path)
    assert [clip.name for clip in loaded] == [loop.name for loop in LOOPS]
    assert [clip.name for clip in loaded if clip.group == "x"] == ["loop_amen", "loop_amen_full"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(testset.ROOT / "test3", tmp_path / "test3")
    shutil.copy(testset.ROOT / "manifest.json", tmp_path)
    labels = json.loads((tmp_path / "test3" / "labels.json").read_text())
    labels["break02"][0] += 0.001
    (tmp_path / "test3" / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(ZooError, match=r"break02\.flac: not the clip of the manifest"):
        testset.read_set("test3", tmp_path)
    (tmp_path / "test3" / "loop_tabla.flac").write_bytes(b"fLaC")
    with pytest.raises(ZooError, match=r"loop_tabla\.flac: cannot read"):
        testset.read_set("test3", tmp_path)


@pytest.mark.parametrize("folder", LABELLED, ids=lambda folder: folder.name)
def test_labels_are_the_drafts_with_the_corrections_applied(folder: Path) -> None:
    labels, drafts, corrections = _labelled(folder)
    assert list(labels) == list(drafts)
    assert set(corrections) <= set(labels)
    for name in labels:
        draft = [found["ms"] for found in drafts[name]["agreed"]]
        assert all(len(found["votes"]) >= 2 for found in drafts[name]["agreed"])
        assert corrected(draft, corrections.get(name, [])) == labels[name]
    assert all(change["why"] for changes in corrections.values() for change in changes)


def test_no_loop_is_labelled_both_for_test_and_for_validation() -> None:
    labels, validation = (set(_labelled(folder)[0]) for folder in LABELLED)
    assert labels == {loop.name for loop in LOOPS}
    assert validation == {loop.name for loop in VAL_LOOPS}
    assert not labels & validation


def test_a_correction_of_what_the_draft_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="which the draft does not have"):
        corrected([10], [{"from_ms": 11, "to_ms": None, "why": ""}])


@pytest.mark.parametrize("folder", LABELLED, ids=lambda folder: folder.name)
def test_every_figure_on_the_page_of_the_labels_is_computed(folder: Path) -> None:
    page = " ".join((folder / "README.md").read_text().split())
    labels, drafts, corrections = _labelled(folder)
    assert f"{len(labels)} loops, {sum(map(len, labels.values()))} onsets" in page
    changes = [(c["from_ms"], c["to_ms"]) for found in corrections.values() for c in found]
    moved = sum(old is not None and new is not None for old, new in changes)
    added, removed = sum(old is None for old, _ in changes), sum(new is None for _, new in changes)
    votes = sum(len(found["agreed"]) for found in drafts.values())
    merged = votes + added - removed - sum(map(len, labels.values()))
    assert f"{moved} moved, {added} added, {removed} removed; {merged} drafts were doubles" in page

    def agreement(a: str, b: str | None, window: float) -> str:
        def f(loop: str) -> float:
            times = drafts[loop]["detectors_ms"]
            pair = [np.sort(times[a]), np.sort(times[b]) if b else np.array(labels[loop])]
            one, other = (ms / 1000 + 1 for ms in pair)  # some lie before the first sample
            return f_measure(len(match_events(one, other, window)), len(one), len(other))

        return f"{np.mean([f(loop) for loop in labels]):.3f}"[1:]

    pairs = [("superflux", "rises"), ("superflux", "basic-pitch"), ("basic-pitch", "rises")]
    assert ", ".join(f"{a} and {b} {agreement(a, b, 0.03)}" for a, b in pairs) in page
    names = next(iter(drafts.values()))["detectors_ms"]
    finals = ", ".join(f"{name} {agreement(name, None, 0.05)}" for name in names)
    assert set(re.findall(r"[a-z-]+ \.\d+", finals)) <= set(re.findall(r"[a-z-]+ \.\d+", page))


def _labelled(folder: Path) -> tuple[Any, Any, Any]:
    """Labels, drafts and corrections of a folder."""
    files = ("labels.json", "drafts.json", "corrections.json")
    labels, drafts, corrections = (json.loads((folder / name).read_text()) for name in files)
    return labels, drafts, corrections


def test_shipped_loops_carry_those_labels() -> None:
    labels = json.loads(LABELS.read_text())
    for clip in testset.read_set("test3"):
        assert np.rint(clip.onsets * 1000).astype(int).tolist() == labels[clip.name]


def test_a_rise_is_found_and_refined_to_the_millisecond() -> None:
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 1e-4, RATE)
    decay = np.exp(-np.arange(8000) / 2000)
    for time in (0.2, 0.5, 0.8):
        start = int(time * RATE)
        sound[start : start + 8000] += 0.5 * rng.normal(0, 1, 8000) * decay
    assert rises(sound) == pytest.approx([0.2, 0.5, 0.8], abs=0.003)
    for time in (0.2, 0.5, 0.8):
        assert refine(sound, time + 0.008) == pytest.approx(time, abs=0.0015)


def test_agreement_needs_two_detectors_within_30_ms() -> None:
    votes = {"a": np.array([0.1, 0.5, 0.9]), "b": np.array([0.12, 0.7]), "c": np.array([0.52, 0.56, 0.571])}
    assert [(round(t, 3), names) for t, names in agreed(votes)] == [(0.11, ("a", "b")), (0.51, ("a", "c"))]
