"""`import zoo` and `zoo --help` stay light."""

import json
import resource
import subprocess
import sys

import pytest

import zoo


def best_seconds(*command: str) -> float:
    """CPU seconds of the quickest of five runs: what the code needs, not what the machine was busy with."""
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_import_takes_less_than_half_a_second() -> None:
    assert best_seconds("-c", "import zoo") < 0.5


def test_help_takes_less_than_0_7_seconds() -> None:
    assert best_seconds("-m", "zoo.cli", "--help") < 0.7


def test_listing_and_circuits_need_nothing_heavy() -> None:
    code = (
        "import json, sys, zoo; zoo.list_models(); zoo.Circuit(2, [6], [0], [1], [2]); zoo.Onsets; zoo.Model;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"torch", "numba", "pydantic", "soundfile", "soxr", "safetensors", "matplotlib", "typer", "rich"}
    assert not heavy & set(json.loads(out))


@pytest.mark.parametrize("name", zoo.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(zoo, name).__doc__
    assert name in dir(zoo)


def test_other_names_are_missing_as_usual() -> None:
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'nonsense'"):
        _ = zoo.nonsense
