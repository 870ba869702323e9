"""The page about the compiler says what the records say, and the records what was asked of the compiler."""

import copy

from scripts.render_compiler import PAGE, load, render


def test_the_page_is_rendered_from_the_records() -> None:
    assert PAGE.read_text() == render(load()), "run `python -m scripts.render_compiler`"


def test_a_changed_figure_would_be_noticed() -> None:
    record = copy.deepcopy(load())
    record["frame_cycles"]["medians"]["lanes of 32, cortex-a8"]["cycles"] += 1
    assert render(record) != PAGE.read_text()


def test_lanes_take_few_cycles() -> None:
    medians = load()["frame_cycles"]["medians"]
    assert medians["lanes of 32, cortex-a8"]["cycles"] <= 950
    assert medians["lanes of 128, cortex-a8-neon"]["cycles"] <= 360


def test_blocks_are_faster_than_difflogic() -> None:
    for net in load()["throughput"]["nets"].values():
        times = {what: row["times_difflogic"] for what, row in net["ns_per_sample"].items()}
        assert times["x86-64 bools"] >= 2.5
        assert times["avx2 bools"] >= 4.5
        assert times["avx2 planes"] >= 6
        assert all(net["builds"][way]["of_difflogic"] <= 0.1 for way in ("x86-64", "avx2"))


def test_a_pru_gets_near_its_limit() -> None:
    nets = load()["pru_share"]["nets"]
    assert min(net["share"] for net in nets["dense"]) >= 0.20
    assert min(net["share"] for net in nets["local"]) >= 0.50
    largest = load()["pru"]["largest"]
    assert largest["unrolled, 32 lanes"]["gates"] >= 4_500
    assert largest["table, 32 lanes"]["gates"] >= 12_000
