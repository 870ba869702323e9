"""A model: front end, circuit and head, from int16 samples to the answer."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.circuit import Circuit
from zoo.errors import AudioError, ZooError
from zoo.frontends import FrontEnd, NoteTracker
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, OscillatorBank, PositionalSample
from zoo.results import Classes, Controls, Onsets, Result, Samples, Trace

if TYPE_CHECKING:
    from zoo.config import Config
    from zoo.hub.push import PushResult

Int16 = npt.NDArray[np.int16]

BLOCK = 1 << 19  # samples that a whole recording is cut into


class Model:
    """Front end, circuit and head that fit each other, and the config that describes them.

    Args:
        config: What the model is and where it comes from; see `zoo.config.Config.of`.
        frontend: Samples to bits.
        circuit: Bits to bits.
        head: Bits to the answer.

    Raises:
        ZooError: The parts do not fit each other, or the config describes others.
    """

    def __init__(self, config: Config, frontend: FrontEnd, circuit: Circuit, head: Head) -> None:
        if circuit.n_inputs != frontend.n_bits:
            raise ZooError(
                f"{config.id}: {frontend.n_bits} bits from the front end, {circuit.n_inputs} into the circuit"
            )
        try:
            head.check_outputs(circuit.n_outputs)
        except ValueError as error:
            raise ZooError(f"{config.id}: {error}") from None
        if isinstance(head, OscillatorBank) and head.hop != frontend.hop:
            raise ZooError(f"{config.id}: {frontend.hop} samples a frame in, {head.hop} out")
        if config.classes is not None and (head.kind, head.n_values) != (
            GroupSum.kind,
            len(config.classes),
        ):
            raise ZooError(
                f"{config.id}: {len(config.classes)} names of classes, {head.n_values} values of {head.kind}"
            )
        self.config = config
        self.frontend = frontend
        self.circuit = circuit
        self.head = head
        self.folder: Path | None = None  # set by loading: golden vectors and records lie there
        self._check_config()

    @classmethod
    def from_parts(cls, frontend: FrontEnd, circuit: Circuit, head: Head, **about: Any) -> Model:
        """A model with a config made from its parts; `about` goes to `zoo.config.Config.of`."""
        from zoo.config import Config

        return cls(Config.of(frontend, circuit, head, **about), frontend, circuit, head)

    @classmethod
    def from_pretrained(
        cls,
        id: str | PathLike[str],
        *,
        revision: str | None = None,
        token: str | None = None,
        local_files_only: bool = False,
    ) -> Model:
        """`zoo.load` by the name and arguments that users of the Hugging Face Hub know.

        Args:
            id: `owner/name`, or the path of a folder.
            revision: A tag, a branch or a commit.
            token: For private repositories; from the environment when None.
            local_files_only: Use no network.

        Raises:
            ZooError: As of `zoo.load`.
        """
        from zoo.index import load

        return load(id, revision, local_files_only or None, token=token)

    @property
    def id(self) -> str:
        """`namespace/name`."""
        return self.config.id

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self.frontend.rate

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.frontend.hop

    def __repr__(self) -> str:
        return f"<Model {self.id}: {self.circuit.n_gates} gates, {self.rate} Hz, hop {self.hop}>"

    def __call__(self, audio: str | PathLike[str] | npt.NDArray[Any], rate: int | None = None) -> Any:
        """Run the model over whole recordings.

        Args:
            audio: A path, or int16 or float samples (n,) or (batch, n). Floats within -1 to 1 become
                `round(x * 32768)` (half to even, at most 32767); more is clipped, with a note.
            rate: Sample rate of the array in Hz; None means the model's. Another rate is resampled, with a
                note (an `AudioNote` warning, and `notes` in the result). A file brings its own rate.

        Returns:
            `Onsets`, `Classes`, `Samples` or `Controls`, by the head; a list of them for (batch, n).

        Raises:
            AudioError: The file cannot be read, or there are no samples, NaN, or another type or shape.
        """
        from zoo.audio import prepare_array, prepare_file

        if isinstance(audio, np.ndarray):
            if audio.ndim == 2:
                self._check_batch(audio)
                return [self(clip, rate) for clip in audio]
            samples, notes = prepare_array(audio, self.rate if rate is None else rate, self.rate)
        else:
            if rate is not None:
                raise AudioError(f"{audio}: a file brings its own sample rate; leave out rate={rate}")
            if not isinstance(audio, (str, PathLike)):
                raise AudioError(f"audio: expected a path or a numpy array, found {type(audio).__name__}")
            samples, notes = prepare_file(audio, self.rate)
        return self._result(self.predict(samples), notes)

    def predict(self, samples: Int16) -> Trace:
        """int16 (n,) at the model's rate -> every integer of the answer, from a fresh state."""
        stream = TraceStream(self)
        blocks = range(0, max(1, len(samples)), BLOCK)  # so that an hour needs no more memory than a minute
        traces = [stream.push(samples[start : start + BLOCK]) for start in blocks]
        return Trace(np.concatenate([t.values for t in traces]), np.concatenate([t.hits for t in traces]))

    def play(self, controls: npt.ArrayLike) -> Result:
        """Run a model that hears notes from controls instead of sound, from a fresh state.

        Args:
            controls: int (frames, 2): phase increment and loudness, as `frontend.increment` and
                `frontend.loudness` make them from Hz and from a mean magnitude.

        Returns:
            As a call.

        Raises:
            ZooError: Another front end, which has no controls.
            ValueError: Another shape, or a control out of range.
        """
        if not isinstance(self.frontend, NoteTracker):
            raise ZooError(f"{self.id}: only a note_tracker has controls, found {self.frontend.kind}")
        bits = self.frontend.encode(self.frontend.describe(controls))
        frames = self.head.stream().push(self.circuit.evaluate(bits, self.circuit.initial_state()))
        return self._result(Trace(frames.values, frames.hits))

    def stream(self, rate: int | None = None) -> ModelStream:
        """A fresh state that takes blocks of any size and gives exactly what the whole array gives.

        Args:
            rate: Sample rate of the blocks in Hz; must be the model's, None takes that for granted.

        Raises:
            AudioError: Another rate: a stream does not resample.
        """
        if rate not in (None, self.rate):
            raise AudioError(
                f"{self.id}: a stream runs at {self.rate} Hz, found {rate} Hz. Resample before, or give the "
                f"whole recording to model(samples, rate={rate})"
            )
        return ModelStream(self)

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = False,
        token: str | None = None,
        create_pr: bool = False,
        commit_message: str | None = None,
        **options: Any,
    ) -> PushResult:
        """Publish the model on the hub of `HF_ENDPOINT`; see `zoo.push`, which takes the same `options`."""
        from zoo.hub.push import push

        return push(
            self,
            repo_id,
            private=private,
            token=token,
            create_pr=create_pr,
            commit_message=commit_message,
            **options,
        )

    def _result(self, trace: Trace, notes: tuple[str, ...] = ()) -> Result:
        """The head's answer as the type people use."""
        head, values = self.head, trace.values
        if isinstance(head, OnsetScore):
            times = (trace.hits + 1) * self.hop / self.rate
            return Onsets(times, trace.hits, values[:, 0], self.rate, self.hop, notes)
        if isinstance(head, GroupSum):
            names = self.config.classes or ()
            return Classes(values.argmax(axis=1), values, self.rate, self.hop, notes, names)
        if isinstance(head, PositionalSample):
            return Samples(values[:, 0].astype(np.int16), self.rate, notes)
        if isinstance(head, OscillatorBank):
            return Samples(values.ravel().astype(np.int16), self.rate, notes)
        if isinstance(head, ControlValues):
            return Controls(values, head.group, self.rate, self.hop, notes)
        raise TypeError(f"no result type for head {head.kind}")

    def _check_batch(self, audio: npt.NDArray[Any]) -> None:
        """Samples by channels is the usual mistake: refuse it rather than run each sample as a clip."""
        clips, length = audio.shape
        if length < self.hop and length < clips:
            raise AudioError(
                f"audio: expected (batch, n), found shape {audio.shape}: clips of {length} samples are "
                f"shorter than a hop of {self.hop}. If these are channels, mix them down: audio.mean(axis=1)"
            )

    def _check_config(self) -> None:
        """The config describes exactly these parts."""
        from zoo.config import Config

        about = {
            name: getattr(self.config, name)
            for name in ("id", "summary", "licence", "task", "training", "sources", "classes")
        }
        if Config.of(self.frontend, self.circuit, self.head, **about) != self.config:
            raise ZooError(
                f"{self.id}: the config describes another front end, circuit or head than the model has; "
                "build it with Config.of(frontend, circuit, head, ...)"
            )


class TraceStream:
    """The state of one stream through front end, circuit and head."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._frontend = model.frontend.stream()
        self._registers = model.circuit.initial_state()
        self._head = model.head.stream()

    def push(self, samples: Int16) -> Trace:
        """int16 (n,) at the model's rate -> values and hits of the hops completed."""
        bits = self.model.frontend.encode(self._frontend.push(samples))
        frames = self._head.push(self.model.circuit.evaluate(bits, self._registers))
        return Trace(frames.values, frames.hits)


class ModelStream:
    """A model that hears a signal block by block."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._run = TraceStream(model)

    def __call__(self, block: npt.NDArray[Any]) -> Result:
        """Run the next block.

        Args:
            block: int16 or float (n,) at the model's rate, n >= 0.

        Returns:
            The answer for the hops this block completed; frames and times count from the start of the stream.

        Raises:
            AudioError: NaN, or another type or shape; the state is then as before the call.
        """
        from zoo.audio import to_int16

        return self.model._result(self._run.push(to_int16(block)))
