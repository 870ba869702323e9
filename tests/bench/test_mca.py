"""Our core models lie where llvm-mca's say they should; skipped where llvm-mca is not installed."""

import pytest

from bench import mca
from bench.measure.mca_bracket import compare, models
from bench.targets.cortex_a8 import CortexA8
from bench.targets.cortex_a53 import CortexA53

needs_mca = pytest.mark.skipif(not mca.available(), reason="llvm-mca is not installed (Debian: llvm)")


@needs_mca
@pytest.mark.parametrize("name", ["bela/onset-gates", "flat net"])
def test_the_a8_lies_between_the_a9_and_the_r52(name: str) -> None:
    found = compare(models()[name], CortexA8(), (mca.OPTIMISTIC, mca.PESSIMISTIC))
    low, high = (found["llvm_mca"][core]["cycles"] for core in (mca.OPTIMISTIC, mca.PESSIMISTIC))
    assert low < found["cycles"] < high


@needs_mca
@pytest.mark.parametrize("name", ["bela/onset-gates", "flat net"])
def test_the_a53_is_faster_than_llvm_says(name: str) -> None:
    """LLVM forwards no loaded value to the ALU before four cycles; ARM's description in GCC after two."""
    found = compare(models()[name], CortexA53(), (mca.SAME,))
    assert 0.55 < found["cycles"] / found["llvm_mca"][mca.SAME]["cycles"] < 1


@needs_mca
def test_independent_and_dependent_instructions() -> None:
    for core, a64 in ((mca.OPTIMISTIC, False), (mca.PESSIMISTIC, False), (mca.SAME, True)):
        free = [
            f"eor {'w' if a64 else 'r'}{k}, {'w' if a64 else 'r'}6, {'w' if a64 else 'r'}7" for k in range(4)
        ]
        register = "w0" if a64 else "r0"
        chain = [f"eor {register}, {register}, {register}"] * 400
        assert mca.cycles_of(free * 100, core, a64) < 250
        assert mca.cycles_of(chain, core, a64) >= 400


@needs_mca
def test_what_llvm_refuses_is_said() -> None:
    with pytest.raises(mca.McaError, match="llvm-mca"):
        mca.cycles_of(["frobnicate r0, r1"], mca.OPTIMISTIC)
    with pytest.raises(mca.McaError, match="llvm-mca"):
        mca.cycles_of(["eor r0, r1, r2"], "cortex-a8")  # it has no timing for this core


def test_without_llvm_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mca, "PROGRAM", "llvm-mca-that-is-not-here")
    with pytest.raises(mca.McaError, match="is not installed"):
        mca.cycles_of(["eor r0, r1, r2"], mca.OPTIMISTIC)
