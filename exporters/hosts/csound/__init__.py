"""Csound: an opcode, and an example that sounds at once."""

import re

from exporters.hosts.host import Host, Wrapped, templates
from zoo.heads import OnsetScore, SoundHead


def _files(wrapped: Wrapped) -> dict[str, str]:
    sources = {f"src/{name}": text for name, text in wrapped.sources.items()}
    names, variables = wrapped.parameters, _variables(wrapped)
    every = [*names, "reset", "enable"]  # a gate to bend, and what to hold it at, follow
    if wrapped.controls:
        variables.append("[kControls[]]")
    words = wrapped.words() | {
        "intypes": ("a" if wrapped.hears else "")
        + "O" * len(names)
        + "OPJJ",  # 0 where left out; enable 1; -1
        "outtypes": "a" * len(wrapped.signals),
        "n_parameters": str(len(names)),
        "parameter_array": ", ".join(f'"{name}"' for name in every),
        "out_variables": ", ".join(variables),
        "arguments": ", ".join(
            [*(["aIn"] if wrapped.hears else []), *(f"[k{n.title()}]" for n in [*every, "gate", "hold"])]
        ),
        "score_line": _instrument(wrapped),
    }
    return sources | templates("csound", words)


def _variables(wrapped: Wrapped) -> list[str]:
    """Names of outputs that Csound takes: `aHiHat`."""
    return ["a" + "".join(re.findall("[A-Za-z0-9]+", output.title())) for output in wrapped.signals]


def _instrument(wrapped: Wrapped) -> str:
    """The body of the example's instrument."""
    out = _variables(wrapped)
    if isinstance(wrapped.model.head, SoundHead):
        source = "  aIn pluck 0.3, 110, 110, 0, 1\n" if wrapped.hears else ""
        given = " aIn" if wrapped.hears else ""
        return f"{source}  {out[0]} {wrapped.name}{given}\n  out {out[0]} * 0.3"
    if isinstance(wrapped.model.head, OnsetScore):
        answer = f"  aShape tone {out[0]} * 400, 8\n  aBeep oscili 0.3, 880\n  aBeep *= aShape\n"
    else:
        answer = f"  kNow downsamp {out[0]}\n  aBeep oscili 0.1, 220 * (1 + kNow)\n"
    return f"{_DRUM}  {', '.join(out)} {wrapped.name} aIn\n{answer}  out aIn * 0.3 + aBeep"


_DRUM = """\
  aPulse mpulse 400, 0.5
  aEnv tone aPulse, 8
  aIn noise 1, 0
  aIn *= aEnv
"""

CSOUND = Host(
    "csound",
    _files,
    "Run `make` there, then `csound --opcode-lib=./lib@{name}.so @{name}.csd -o dac`.",
)
