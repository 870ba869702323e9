"""Help patches: drawn by code, since where an object stands and what it is wired to depend on the model."""

from __future__ import annotations

from dataclasses import dataclass, field

from exporters.hosts.host import Wrapped
from zoo.heads import OscillatorBank, SoundHead

SETTINGS = {
    "enable": "enable 0",
    "threshold": "threshold 0.5",
    "refractory": "refractory 80",
    "rate": "rate 4000",
    "offset": "offset 0",
}


@dataclass
class Patch:
    """A Pd patch under construction; objects are numbered as they are added."""

    width: int = 700
    height: int = 560
    lines: list[str] = field(default_factory=list)
    wires: list[str] = field(default_factory=list)

    def add(self, kind: str, x: int, y: int, text: str) -> int:
        """An `obj`, `msg`, `text` or `floatatom`; its number."""
        escaped = text.replace(",", " \\,").replace(";", " \\;").replace("$", "\\$")
        self.lines.append(f"#X {kind} {x} {y} {escaped};")
        return len(self.lines) - 1

    def wire(self, source: int, sink: int, outlet: int = 0, inlet: int = 0) -> None:
        """A cord."""
        self.wires.append(f"#X connect {source} {outlet} {sink} {inlet};")

    def text(self) -> str:
        """The file."""
        head = f"#N canvas 80 60 {self.width} {self.height} 12;"
        return "\n".join([head, *self.lines, *self.wires]) + "\n"


def help_patches(wrapped: Wrapped) -> dict[str, str]:
    """`NAME~-help.pd` and `NAME-help.pd`."""
    name = wrapped.name
    return {f"{name}~-help.pd": _signals(wrapped), f"{name}-help.pd": _messages(wrapped)}


def loader_patches(wrapped: Wrapped) -> dict[str, str]:
    """Help of the objects that load any model; this one is their example."""
    file = f"{wrapped.name}.gates"
    return {
        "difflogic~-help.pd": _signals(wrapped, f"difflogic~ {file}", f"open {file}"),
        "difflogic-help.pd": _messages(wrapped, f"difflogic {file}", f"open {file}"),
    }


def _settings(wrapped: Wrapped) -> list[str]:
    """Messages that this model takes."""
    bends = ["bend 0 1", "bend 0 -1"] if wrapped.bendable else []
    return [SETTINGS[name] for name in ("enable", *wrapped.parameters)] + bends


def _signals(wrapped: Wrapped, name: str | None = None, *more: str) -> str:
    patch, config = Patch(), wrapped.model.config
    name = name or f"{wrapped.name}~"
    patch.add("text", 20, 14, f"{name.split()[0]}: {config.summary}")
    patch.add("text", 20, 50, f"{config.id} - {wrapped.model.circuit.n_gates} gates - {config.licence}")
    on = patch.add("obj", 20, 84, "loadbang")
    dsp = patch.add("msg", 110, 84, "; pd dsp 1")
    patch.wire(on, dsp)
    unit = patch.add("obj", 180, 290, name)
    y = 84
    for message in [*_settings(wrapped), "enable 1", "reset", "info", *more]:
        patch.wire(patch.add("msg", 400, y, message), unit)
        y += 26
    if wrapped.hears:
        patch.wire(_tone(patch, on) if wrapped.controls else _drum(patch, on), unit)
    level = patch.add("obj", 180, 440, "*~ 0.2")
    out = patch.add("obj", 180, 480, "dac~")
    patch.wire(level, out)
    patch.wire(level, out, 0, 1)
    if isinstance(wrapped.model.head, SoundHead):
        patch.wire(unit, level)
    else:
        _answers(patch, wrapped, on, unit, level)
    names = ", ".join(wrapped.signals)
    patch.add("text", 20, 520, f"signal outlets: {names} - last outlet: messages")
    messages = unit
    if wrapped.controls:
        messages = _controls(patch, wrapped, unit)
    shown = patch.add("obj", 400, 440, f"print {wrapped.name}")
    patch.wire(messages, shown, len(wrapped.signals))
    return patch.text()


def _controls(patch: Patch, wrapped: Wrapped, unit: int) -> int:
    """Numbers for what the oscillators play, of which the pitch is given in Hz; what lets the rest pass."""
    model = wrapped.model
    assert isinstance(model.head, OscillatorBank)
    route = patch.add("obj", 180, 330, "route controls")
    patch.wire(unit, route, len(wrapped.signals))
    first = patch.add("obj", 180, 356, "unpack f f f")
    patch.wire(route, first)
    hertz = patch.add("obj", 180, 382, f"* {model.rate / (4 << model.head.pitch):.10g}")
    patch.wire(first, hertz)
    for k, source in enumerate((hertz, first, first)):
        box = patch.add("floatatom", 180 + 90 * k, 408, "7 0 0 0 - - - 0")
        patch.wire(source, box, k)
    listed = f"pitch, gain, {model.head.harmonics} harmonics, {model.head.noise} noise bands"
    patch.add("text", 180, 310, f"'controls' and what the oscillators play: {listed}")
    patch.add("text", 450, 408, "pitch in Hz, gain, first harmonic")
    return route


def _tone(patch: Patch, on: int) -> int:
    """Notes for what follows a melody; or what comes from `adc~`."""
    metro = patch.add("obj", 20, 140, "metro 500")
    start = patch.add("msg", 20, 114, "1")
    patch.wire(on, start)
    patch.wire(start, metro)
    order = patch.add("obj", 20, 166, "t b b")
    patch.wire(metro, order)
    note = patch.add("obj", 90, 166, "random 12")
    patch.wire(order, note, 1)
    key = patch.add("obj", 90, 192, "+ 69")
    patch.wire(note, key)
    pitch = patch.add("obj", 90, 218, "mtof")
    patch.wire(key, pitch)
    wave = patch.add("obj", 90, 244, "osc~")
    patch.wire(pitch, wave)
    shape = patch.add("msg", 20, 192, "0.5 20, 0 100 380")
    patch.wire(order, shape)
    line = patch.add("obj", 20, 218, "vline~")
    patch.wire(shape, line)
    tone = patch.add("obj", 20, 270, "*~")
    patch.wire(line, tone)
    patch.wire(wave, tone, 0, 1)
    patch.add("text", 180, 250, "or [adc~]")
    return tone


def _drum(patch: Patch, on: int) -> int:
    """Noise with a sharp attack twice a second, which every detector hears; or what comes from `adc~`."""
    metro = patch.add("obj", 20, 140, "metro 500")
    start = patch.add("msg", 20, 114, "1")
    patch.wire(on, start)
    patch.wire(start, metro)
    shape = patch.add("msg", 20, 166, "1 0, 0 120 2")
    patch.wire(metro, shape)
    line = patch.add("obj", 20, 192, "vline~")
    patch.wire(shape, line)
    noise = patch.add("obj", 90, 192, "noise~")
    drum = patch.add("obj", 20, 224, "*~")
    patch.wire(line, drum)
    patch.wire(noise, drum, 0, 1)
    patch.add("text", 150, 224, "or [adc~]")
    return drum


def _answers(patch: Patch, wrapped: Wrapped, on: int, unit: int, level: int) -> None:
    """A beep for every answer, and its values as numbers."""
    last = len(wrapped.outputs)
    button = patch.add("obj", 20, 340, "bng 15 250 50 0 empty empty empty 17 7 0 10 -262144 -1 -1")
    patch.wire(unit, button, last)
    beep = patch.add("msg", 20, 366, "1 0, 0 60 2")
    patch.wire(button, beep)
    line = patch.add("obj", 20, 392, "vline~")
    patch.wire(beep, line)
    tone = patch.add("obj", 90, 392, "osc~ 880")
    heard = patch.add("obj", 20, 418, "*~")
    patch.wire(line, heard)
    patch.wire(tone, heard, 0, 1)
    patch.wire(heard, level)
    clock = patch.add("obj", 490, 340, "metro 100")
    begin = patch.add("msg", 490, 314, "1")
    patch.wire(on, begin)
    patch.wire(begin, clock)
    for k in range(min(last, 6)):
        number = patch.add("obj", 180 + 70 * k, 370, "snapshot~")
        patch.wire(unit, number, k)
        box = patch.add("floatatom", 180 + 70 * k, 396, "7 0 0 0 - - - 0")
        patch.wire(number, box)
        patch.wire(clock, number)


def _messages(wrapped: Wrapped, name: str | None = None, *more: str) -> str:
    patch, config = Patch(height=360), wrapped.model.config
    name = name or wrapped.name
    patch.add("text", 20, 14, f"{name.split()[0]}: {config.summary}")
    unit = patch.add("obj", 40, 200, name)
    if wrapped.hears:
        patch.add("text", 20, 50, f"a list of samples, -1 to 1, at {wrapped.model.rate} Hz; answers every")
        patch.add("text", 20, 70, f"{wrapped.model.hop} samples")
        patch.wire(patch.add("msg", 40, 110, "0 0.5 -0.5 0.25 -0.25"), unit)
        if wrapped.controls:
            patch.add("text", 140, 70, "- left: their sound; right: pitch, gain, harmonics, noise bands")
    else:
        patch.add("text", 20, 50, "a bang gives the next sample, a number t gives sample t")
        patch.wire(
            patch.add("obj", 40, 110, "bng 15 250 50 0 empty empty empty 17 7 0 10 -262144 -1 -1"), unit
        )
        patch.wire(patch.add("floatatom", 90, 110, "7 0 0 0 - - - 0"), unit)
    y = 90
    for message in [*_settings(wrapped), "reset", "info", *more]:
        patch.wire(patch.add("msg", 400, y, message), unit)
        y += 26
    patch.wire(unit, patch.add("obj", 40, 280, f"print {wrapped.name}-answer"))
    patch.wire(unit, patch.add("obj", 240, 250, f"print {wrapped.name}-values"), 1)
    return patch.text()
