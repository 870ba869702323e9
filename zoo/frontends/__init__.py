"""Front ends: integer arithmetic from int16 samples to the bits that a circuit reads."""

from __future__ import annotations

import numpy as np

from zoo.frontends.autocorrelation import SignAutocorrelation
from zoo.frontends.base import FrontEnd, FrontEndStream
from zoo.frontends.counter import CounterBits
from zoo.frontends.filterbank import ShiftFilterbank
from zoo.frontends.note import NoteTracker
from zoo.frontends.pcm import PcmBits
from zoo.frontends.raw import RawBits, samples_of_bits

FRONT_ENDS: dict[str, type[FrontEnd]] = {
    ShiftFilterbank.kind: ShiftFilterbank,
    PcmBits.kind: PcmBits,
    CounterBits.kind: CounterBits,
    RawBits.kind: RawBits,
    SignAutocorrelation.kind: SignAutocorrelation,
    NoteTracker.kind: NoteTracker,
}

# Front ends whose bits compare features with thresholds, in any order.
ThermometerFrontEnd = ShiftFilterbank | SignAutocorrelation | NoteTracker

# The tensors each kind keeps in the safetensors file: name -> type. Each holds one value a bit.
FRONT_END_TENSORS: dict[str, dict[str, type[np.generic]]] = {
    ShiftFilterbank.kind: {"feature": np.uint16, "threshold": np.int32},
    PcmBits.kind: {},
    CounterBits.kind: {},
    RawBits.kind: {},
    SignAutocorrelation.kind: {"feature": np.uint16, "threshold": np.int32},
    NoteTracker.kind: {"feature": np.uint16, "threshold": np.int32},
}

__all__ = [
    "FRONT_ENDS",
    "FRONT_END_TENSORS",
    "CounterBits",
    "FrontEnd",
    "FrontEndStream",
    "NoteTracker",
    "PcmBits",
    "RawBits",
    "ShiftFilterbank",
    "SignAutocorrelation",
    "ThermometerFrontEnd",
    "samples_of_bits",
]
