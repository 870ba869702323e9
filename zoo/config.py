"""`config.json`: what a model is and where it comes from, checked key by key; unknown keys are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_serializer

if TYPE_CHECKING:
    from zoo.circuit import Circuit
    from zoo.frontends import FrontEnd
    from zoo.heads import Head

FORMAT = "difflogic-zoo/1"

ID_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}/[a-z0-9][a-z0-9._-]{0,63}$"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]
Count = Annotated[int, Field(ge=0, le=2**24)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ShiftFilterbankParams(_Strict):
    """Parameters of `zoo.frontends.ShiftFilterbank`; its constructor checks the ranges."""

    kind: Literal["shift_filterbank"]
    rate: int
    hop: int
    shifts: Annotated[tuple[int, ...], Field(max_length=64)]
    floor: int
    lags: Annotated[tuple[int, ...], Field(max_length=64)]
    peaks: Annotated[tuple[int, ...], Field(max_length=64)]
    flux: Annotated[tuple[tuple[int, int], ...], Field(max_length=64)]
    spans: Annotated[tuple[int, ...], Field(min_length=1, max_length=64)] | None = None

    @model_serializer(mode="wrap")
    def _only_what_is_there(self, write: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Without `spans`, a file is as it was before there were any."""
        return {name: value for name, value in write(self).items() if value is not None}


class PcmBitsParams(_Strict):
    """Parameters of `zoo.frontends.PcmBits`."""

    kind: Literal["pcm_bits"]
    rate: int
    width: int
    taps: int
    code: Literal["positional", "gray"]


class CounterBitsParams(_Strict):
    """Parameters of `zoo.frontends.CounterBits`."""

    kind: Literal["counter_bits"]
    rate: int
    width: int
    gray: bool


class RawBitsParams(_Strict):
    """Parameters of `zoo.frontends.RawBits`."""

    kind: Literal["raw_bits"]
    rate: int
    width: int


class SignAutocorrelationParams(_Strict):
    """Parameters of `zoo.frontends.SignAutocorrelation`."""

    kind: Literal["sign_autocorrelation"]
    rate: int
    hop: int
    low: Annotated[tuple[int, ...], Field(max_length=8)]
    high: int
    lags: Annotated[tuple[int, ...], Field(max_length=1024)]
    hops: int
    floor: int


class NoteTrackerParams(_Strict):
    """Parameters of `zoo.frontends.NoteTracker`."""

    kind: Literal["note_tracker"]
    rate: int
    hop: int
    low: Annotated[tuple[int, ...], Field(max_length=8)]
    high: int
    window: int
    floor: int
    lags: Annotated[tuple[int, ...], Field(max_length=16)]
    rise: int


class OnsetScoreParams(_Strict):
    """Parameters of `zoo.heads.OnsetScore`."""

    kind: Literal["onset_score"]
    threshold: int
    rearm: int
    refractory: int
    frames: int


class GroupSumParams(_Strict):
    """Parameters of `zoo.heads.GroupSum`."""

    kind: Literal["group_sum"]
    classes: int
    frames: int = 1


class PositionalSampleParams(_Strict):
    """Parameters of `zoo.heads.PositionalSample`."""

    kind: Literal["positional_sample"]
    width: int


class ControlValuesParams(_Strict):
    """Parameters of `zoo.heads.ControlValues`."""

    kind: Literal["control_values"]
    values: int
    group: int


class OscillatorBankParams(_Strict):
    """Parameters of `zoo.heads.OscillatorBank`."""

    kind: Literal["oscillator_bank"]
    hop: int
    pitch: int
    harmonics: int
    noise: int
    group: int


FrontEndParams = Annotated[
    ShiftFilterbankParams
    | PcmBitsParams
    | CounterBitsParams
    | RawBitsParams
    | SignAutocorrelationParams
    | NoteTrackerParams,
    Field(discriminator="kind"),
]
HeadParams = Annotated[
    OnsetScoreParams | GroupSumParams | PositionalSampleParams | ControlValuesParams | OscillatorBankParams,
    Field(discriminator="kind"),
]


class CircuitShape(_Strict):
    """Lengths of the circuit's arrays, and its identity: `model.safetensors` must hold exactly these."""

    inputs: Count
    registers: Count
    gates: Count
    outputs: Annotated[int, Field(ge=1, le=65_535)]
    lane_words: Count | None
    lane_width: Literal[32, 128] = 32
    sha256: Sha256


class Training(_Strict):
    """How the model came to be."""

    command: Line
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)]
    trainer: Line
    data_manifest_sha256: Sha256
    teacher: Line | None = None
    target: Line | None = None  # which of the targets that its task offers


class Source(_Strict):
    """Recordings that the model learned from, with their licence."""

    title: Line
    authors: Line
    licence: Line
    origin: Line


class Config(_Strict):
    """The whole of `config.json`.

    Args:
        format: Format version.
        id: `namespace/name`.
        summary: One line that says what the model does.
        frontend: Kind and parameters of the front end.
        circuit: Lengths and digest of the circuit.
        head: Kind and parameters of the head.
        task: `name@version`, or None for a model outside any task.
        training: How it was trained, or None if nobody trained it.
        licence: SPDX expression of the model itself.
        sources: What it learned from.
        classes: Names of the classes of a GroupSum, in order, or None where they have none.
    """

    format: Literal["difflogic-zoo/1"]
    id: Annotated[str, Field(pattern=ID_PATTERN)]
    summary: Line
    frontend: FrontEndParams
    circuit: CircuitShape
    head: HeadParams
    task: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}@[1-9][0-9]{0,3}$")] | None
    training: Training | None
    licence: Line
    sources: Annotated[tuple[Source, ...], Field(max_length=256)]
    classes: Annotated[tuple[Line, ...], Field(min_length=2, max_length=256)] | None = None

    @classmethod
    def of(
        cls,
        frontend: FrontEnd,
        circuit: Circuit,
        head: Head,
        *,
        id: str,
        summary: str,
        licence: str,
        task: str | None = None,
        training: Training | None = None,
        sources: tuple[Source, ...] = (),
        classes: tuple[str, ...] | None = None,
    ) -> Config:
        """The config of these parts.

        Raises:
            ValueError: A text or number is out of range (pydantic's message names it).
        """
        document = {
            "format": FORMAT,
            "id": id,
            "summary": summary,
            "frontend": {"kind": frontend.kind, **frontend.params()},
            "circuit": circuit_shape(circuit),
            "head": {"kind": head.kind, **head.params()},
            "task": task,
            "training": None if training is None else training.model_dump(),
            "licence": licence,
            "sources": [source.model_dump() for source in sources],
            "classes": classes,
        }
        return cls.model_validate_json(json.dumps(document))

    def to_json(self) -> str:
        """The text of `config.json`."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def circuit_shape(circuit: Circuit) -> dict[str, Any]:
    """The `circuit` entry of the config."""
    return {
        "inputs": circuit.n_inputs,
        "registers": circuit.n_registers,
        "gates": circuit.n_gates,
        "outputs": circuit.n_outputs,
        "lane_words": None if circuit.lanes is None else circuit.lanes.n_words,
        "lane_width": 32 if circuit.lanes is None else circuit.lanes.width,
        "sha256": circuit.digest(),
    }
