"""Filter, curve, filter: gates give the numbers that numpy gives, also where everything is at its limit."""

import numpy as np

from tasks.synthesis.filter_curve import FilterCurve, Stage, Term
from zoo.frontends import PcmBits
from zoo.heads import PositionalSample

EFFECT = FilterCurve(
    width=8,
    before=(Stage(1, (Term(-1, 0),)), Stage(2, (Term(1, 1), Term(-1, 3)))),
    table=np.rint(np.sqrt(np.arange(64)) * 8).astype(np.int64),
    past=(Term(1, 4), Term(-1, 12)),
    after=(Stage(1, (Term(1, 1),)), Stage(2, (Term(1, 0), Term(-1, 2)))),
    out=7,
)


def sounds() -> np.ndarray:
    x = np.random.default_rng(0).integers(-32_768, 32_768, 2_000).astype(np.int16)
    x[500:600], x[600:700] = -32_768, 32_767
    return x


def test_gates_give_numpys_numbers() -> None:
    x = sounds()
    bits = EFFECT.circuit.evaluate(PcmBits(22_050, EFFECT.width, 1).bits(x))
    found = PositionalSample(EFFECT.out).decode(bits)[:, 0] >> (16 - EFFECT.out)
    expected = EFFECT.play(x)
    assert expected.min() == -64  # it saturates
    assert expected.max() == 63
    assert np.array_equal(found, expected)


def test_a_chain_is_the_filter_that_its_factors_say() -> None:
    x = np.zeros(16, np.int16)
    x[0] = 64 << 8
    plain = FilterCurve(8, (Stage(1, (Term(1, 1),)), Stage(2, (Term(1, 2),))), np.arange(128), (), (), 8)
    assert plain.play(x)[:5].tolist() == [64, 32, 16, 8, 0]
