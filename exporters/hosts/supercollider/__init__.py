"""SuperCollider: a UGen, its class, its help file and an example."""

from exporters.hosts.host import Host, Wrapped, templates
from zoo.heads import OnsetScore, SoundHead

WHAT = {
    "threshold": "score that makes an onset, 0 to 1",
    "refractory": "milliseconds from an onset to the next",
    "rate": "samples a second",
    "offset": "the sample to go to",
}


def class_name(name: str) -> str:
    """`OnsetGates` for `onset_gates`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _files(wrapped: Wrapped) -> dict[str, str]:
    sources = {f"src/{name}": text for name, text in wrapped.sources.items()}
    names = [*(["in"] if wrapped.hears else []), *wrapped.parameters, "reset", "enable"]
    starts = {"in": "in", "enable": "enable = 1"}
    cls = class_name(wrapped.name)
    words = wrapped.words() | {
        "Class": cls,
        "slots": ", ".join(starts.get(name, f"{name} = 0") for name in names),
        "slot_names": ", ".join(names),
        "n_parameters": str(len(wrapped.parameters)),
        "parameter_array": ", ".join(f'"{name}"' for name in wrapped.parameters) or "0",
        "argument_help": _help(wrapped),
        "example": _example(wrapped, cls),
    }
    made = templates("supercollider", words)
    return sources | {path.replace("CLASS", cls): text for path, text in made.items()}


def _help(wrapped: Wrapped) -> str:
    lines = ["ARGUMENT:: in\nthe sound it hears"] if wrapped.hears else []
    lines += [
        f"ARGUMENT:: {name}\n{WHAT[name]}; 0 leaves what the model was trained with"
        for name in wrapped.parameters
    ]
    lines.append("ARGUMENT:: reset\na trigger takes the model back to before its first sample")
    return "\n\n".join([*lines, "ARGUMENT:: enable\n0 pauses the model and gives silence"])


def _example(wrapped: Wrapped, cls: str) -> str:
    if isinstance(wrapped.model.head, SoundHead):
        source = (
            "Pluck.ar(WhiteNoise.ar(0.4), Impulse.kr(2), 0.01, 110.reciprocal, 4)" if wrapped.hears else ""
        )
        sound = f"{cls}.ar({source})" + ("[0]" if wrapped.controls else "")
        return f"{{ {sound} * 0.2 ! 2 }}.play;"
    drum = "var drum = WhiteNoise.ar * Decay.ar(Impulse.ar(2), 0.1);"
    if isinstance(wrapped.model.head, OnsetScore):
        answer = f"var trigger = {cls}.ar(drum)[0];\n    var beep = SinOsc.ar(880) * Decay.ar(trigger, 0.05);"
    else:
        answer = f"var index = {cls}.ar(drum)[0];\n    var beep = SinOsc.ar(220 * (1 + index)) * 0.3;"
    return f"{{\n    {drum}\n    {answer}\n    (drum * 0.3 + (beep * 0.3)) ! 2\n}}.play;"


SUPERCOLLIDER = Host(
    "supercollider",
    _files,
    "Run `make install` there, recompile the class library, and run example.scd.",
)
