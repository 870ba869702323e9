"""What a host is to `zoo export`: a folder of templates around the core and the model's engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from os import PathLike
from pathlib import Path

from exporters.c.names import ExportError, default_name
from exporters.hosts.engine import Engine, best_engine, check_hosted, core_files, engine_files, most_value
from zoo.heads import GroupSum, OnsetScore, OscillatorBank, SoundHead
from zoo.model import Model

UNBENT = ("faust", "board")  # pure text, and a program that runs from beginning to end


@dataclass(frozen=True)
class Wrapped:
    """A model on its way into a host.

    Args:
        model: The model.
        name: C name, the prefix of everything.
        engine: Compiled, or the file.
        target: What compiled code is for.
        bendable: Keep every gate, so that each can be held while it runs; only a file can.
    """

    model: Model
    name: str
    engine: Engine
    target: str = "portable"
    bendable: bool = False

    @property
    def sources(self) -> dict[str, str]:
        """C files of core and engine."""
        engine = engine_files(self.model, self.name, self.engine, self.target, self.bendable)
        return core_files(self.engine) | engine

    @property
    def outputs(self) -> list[str]:
        """What the unit's outputs are, in order."""
        head = self.model.head
        if isinstance(head, OnsetScore):
            return ["trigger", "score"]
        if isinstance(head, GroupSum):
            names = self.model.config.classes or [str(k) for k in range(head.classes)]
            return ["class", *names]
        if isinstance(head, SoundHead):
            return ["sound", *self.controls]
        return [f"control {k + 1}" for k in range(head.n_values)]

    @property
    def controls(self) -> list[str]:
        """What an oscillator bank plays, frame by frame, in order; a PRU hands over its sound alone."""
        head = self.model.head
        if not isinstance(head, OscillatorBank) or self.engine == "pru":
            return []
        bands = [f"noise {k + 1}" for k in range(head.noise)]
        return ["pitch", "gain", *(f"harmonic {k + 1}" for k in range(head.harmonics)), *bands]

    @property
    def signals(self) -> list[str]:
        """The outputs, for hosts that give controls in another way than as signals."""
        return self.outputs[: len(self.outputs) - len(self.controls)]

    @property
    def hears(self) -> bool:
        """Whether sound goes in."""
        return self.model.frontend.kind != "counter_bits"

    @property
    def parameters(self) -> list[str]:
        """What can be set while it runs, besides `enable` and `reset`."""
        found = ["threshold", "refractory"] if isinstance(self.model.head, OnsetScore) else []
        return found if self.hears else [*found, "rate", "offset"]

    @property
    def defaults(self) -> dict[str, float]:
        """What the parameters are before anybody sets them, as the unit has them."""
        head, model = self.model.head, self.model
        found = {"rate": float(model.rate), "offset": 0.0}
        if isinstance(head, OnsetScore):
            found["threshold"] = head.threshold / most_value(model)
            found["refractory"] = 1000 * head.refractory * model.hop / model.rate
        return {name: found[name] for name in self.parameters}

    def words(self) -> dict[str, str]:
        """What templates may name."""
        config, model = self.model.config, self.model
        return {
            "name": self.name,
            "NAME": self.name.upper(),
            "id": config.id,
            "summary": config.summary,
            "licence": config.licence,
            "rate": str(model.rate),
            "hop": str(model.hop),
            "milliseconds": f"{1000 * model.hop / model.rate:.3g}",
            "gates": str(model.circuit.n_gates),
            "digest": model.circuit.digest(),
            "outputs": str(len(self.outputs)),
            "output_names": ", ".join(self.outputs),
            "values": str(model.head.n_values),
            "signals": str(len(self.signals)),
            "signal_names": ", ".join(self.signals),
            "controls": str(len(self.controls)),
            "control_names": ", ".join(self.controls),
            "hears": str(int(self.hears)),
            "most": str(most_value(model)),
            "libraries": "LDLIBS=-lprussdrv;" if self.engine == "pru" else "",
        }


@dataclass(frozen=True)
class Host:
    """A host.

    Args:
        name: As `--to` has it.
        files: Path in the export's folder -> text, or bytes of a binary.
        said: What to do next, one sentence; may name what templates name.
    """

    name: str
    files: Callable[[Wrapped], Mapping[str, str | bytes]]
    said: str

    def export(
        self,
        model: Model,
        directory: str | PathLike[str],
        name: str | None = None,
        engine: Engine | None = None,
        target: str = "portable",
        bendable: bool = False,
    ) -> str:
        """Write the folder; returns what was written and what to do with it.

        Raises:
            ExportError: The model has no shape in this host, or cannot be bent there.
        """
        from zoo.atomic import write_file

        check_hosted(model)
        if engine == "pru" and self.name != "bela":
            raise ExportError(
                f"--engine pru: only a Bela has that processor beside it, found --to {self.name}"
            )
        if bendable and (engine not in (None, "file") or self.name in UNBENT):
            found = f"--to {self.name}" if self.name in UNBENT else f"--engine {engine}"
            raise ExportError(f"--bendable: only what a file runs in a host can be bent, found {found}")
        engine = "file" if bendable else engine or best_engine(model)
        wrapped = Wrapped(model, name or default_name(model.id), engine, target, bendable)
        folder = Path(directory)
        for path, text in self.files(wrapped).items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            write_file(place, text)
        return f"wrote {folder}. " + filled(self.said, wrapped.words())


def filled(text: str, words: Mapping[str, str]) -> str:
    """Text with every `@{word}` replaced, which no language here has of its own; KeyError for others."""
    return re.sub(r"@\{(\w+)\}", lambda found: words[found[1]], text)


def templates(host: str, words: Mapping[str, str]) -> dict[str, str]:
    """The filled templates of a host by path; `NAME` in a path is the model's C name."""
    found = {}
    root = files(f"exporters.hosts.{host}").joinpath("templates")
    for path in sorted(Path(str(root)).rglob("*")):
        if path.is_file():
            where = str(path.relative_to(str(root))).replace("NAME", words["name"])
            found[where] = filled(path.read_text("utf-8"), words)
    return found
