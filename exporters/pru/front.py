"""What the front end of a model is to the other parts: code from samples to features, and on to bits."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Front:
    """The first two stages of a frame.

    Args:
        features: Instructions from samples to features.
        encode: Instructions from features to the bits of the circuit.
        after: Subroutines of both.
        places: int64 (n_features, 2): address of each feature's halfword, and what is added to it so that
            it is never negative. None where features are groups of bits.
    """

    features: Code
    encode: Code
    after: Code = field(default_factory=Code)
    places: Int64 | None = None
