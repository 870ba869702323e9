"""One check for every kind of network: hard training, the streaming model and its C answer alike."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bench.targets.host import Host
from tasks.training.network import Network, hard_counts
from zoo.frontends import ThermometerFrontEnd
from zoo.heads import GroupSum
from zoo.model import Model
from zoo.results import Classes, predictions_digest

CUTS = (77, 400, 401, 3_001)  # blocks of no particular size


def check_streaming(
    net: Network, frontend: ThermometerFrontEnd, clips: Sequence[npt.NDArray[np.int16]], head: GroupSum
) -> Model:
    """Every clip from a fresh state: bit for bit the same counts; the model."""
    feature, threshold, circuit = net.harden()
    model = Model.from_parts(
        replace(frontend, feature=feature, threshold=threshold), circuit, head,
        id="test/streaming", summary="For tests only", licence="CC0-1.0",
    )  # fmt: skip
    heard = [frontend.features(clip) for clip in clips]
    ends = np.cumsum([len(part) for part in heard])
    counts = hard_counts(net, np.concatenate(heard), ends=ends)
    assert len(np.unique(counts)) > 3, "a constant answer would prove little"
    for clip, expected in zip(clips, np.split(counts, ends[:-1]), strict=True):
        stream, found = model.stream(), []
        for block in np.split(clip, CUTS):
            answer = stream(block)
            assert isinstance(answer, Classes)
            found.append(answer.counts)
        assert np.array_equal(np.concatenate(found), expected)
    traces = [model.predict(clip) for clip in clips]
    assert predictions_digest(Host().run(model, clips)) == predictions_digest(traces)
    return model
