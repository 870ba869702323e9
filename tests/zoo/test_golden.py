from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import zoo
from tests.tiny import MAKERS, drums, tiny_model
from zoo import ModelError
from zoo.golden import Golden, check_golden, make_golden, parse_golden, read_golden, reference_signal
from zoo.lanes import unpack_words


@pytest.mark.parametrize("name", MAKERS)
def test_golden_vectors_hold_every_stage(name: str, tmp_path: Path) -> None:
    model = MAKERS[name](1)
    golden = read_golden(model, zoo.save(model, tmp_path / name))
    bits = unpack_words(golden.bits, model.circuit.n_inputs)
    assert np.array_equal(golden.features, model.frontend.features(golden.samples))
    assert np.array_equal(bits, model.frontend.bits(golden.samples))
    assert np.array_equal(unpack_words(golden.outputs, model.circuit.n_outputs), model.circuit.evaluate(bits))
    trace = model.predict(golden.samples)
    assert np.array_equal(golden.values, trace.values)
    assert np.array_equal(golden.hits, trace.hits)
    check_golden(model, golden, tmp_path)


@pytest.mark.parametrize("stage", ["features", "bits", "outputs", "values", "hits"])
def test_the_first_stage_and_frame_that_differ_are_named(stage: str) -> None:
    model = tiny_model()
    golden = make_golden(model)
    changed = getattr(golden, stage).copy()
    changed[3] ^= 1
    with pytest.raises(ModelError, match=rf"{stage}\[3\]"):
        check_golden(model, replace(golden, **{stage: changed}), Path("golden.safetensors"))


def test_vectors_of_another_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="features"):
        parse_golden(tiny_model(), tmp_path, make_golden(MAKERS["pcm"](0)).to_bytes())
    other = make_golden(tiny_model(1))
    with pytest.raises(ModelError, match="expected"):
        check_golden(tiny_model(0), other, tmp_path)


def test_stages_of_unequal_length_are_refused(tmp_path: Path) -> None:
    golden = make_golden(tiny_model())
    short = replace(golden, values=golden.values[:-1])
    with pytest.raises(ModelError, match="values: expected 344 frames, found 343"):
        parse_golden(tiny_model(), tmp_path, short.to_bytes())


def test_given_samples_are_used_up_to_the_limit() -> None:
    model = MAKERS["pcm"](0)
    golden = make_golden(model, drums(1.0))
    assert np.array_equal(golden.samples, drums(1.0)[:2_048])
    assert isinstance(golden, Golden)


def test_the_reference_signal_reaches_both_ends_and_has_silence() -> None:
    signal = reference_signal(tiny_model())
    assert (signal.dtype, len(signal)) == (np.int16, 44_100)
    assert (signal.min(), signal.max()) == (-32_768, 32_767)
    assert (signal[:2_000] == 0).all()
    assert len(np.unique(signal)) > 5_000
