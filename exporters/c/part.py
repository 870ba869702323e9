"""What each part of a model gives to the C file: fields of the state, their start values, and functions.

In all C text here, `$name` stands for the model's name and `$NAME` for the same in capitals.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A piece of the generated file.

    Args:
        fields: Members of the state struct, each a declaration with its semicolon.
        init: Statements that set them, in a function whose state is `s`.
        code: Functions and tables.
        returns: What the head's function returns, a sentence; empty for other parts.
        prototypes: For the header, of functions that only some models have.
    """

    fields: list[str] = field(default_factory=list)
    init: list[str] = field(default_factory=list)
    code: str = ""
    returns: str = ""
    prototypes: str = ""


def words(bits: int) -> int:
    """32-bit words that hold so many bits."""
    return -(-bits // 32)


def declared(symbol: str) -> str:
    """C that declares a function over planes, from this file or from an assembly file, for C++ too."""
    arguments = "uint32_t *state, const uint32_t *in, uint32_t *out"
    return f'#ifdef __cplusplus\nextern "C"\n#endif\nvoid {symbol}({arguments});\n\n'


def indented(lines: list[str], depth: int = 1) -> str:
    """The lines, four spaces a level, each with its newline."""
    return "".join(f"{'    ' * depth}{line}\n" if line else "\n" for line in lines)


def table(values: list[str], per_line: int, depth: int = 1) -> str:
    """Comma-separated values, so many a line."""
    rows = [values[i : i + per_line] for i in range(0, len(values), per_line)]
    return indented([", ".join(row) + "," for row in rows], depth)
