"""Classic one-line tunes: sample t is the low byte of an integer formula of t.

The formulas are one-liners that their authors posted in public; they stand here as mathematics, with whom
they are credited to in Ville-Matias Heikkilä's (viznut's) collection of 2011. They use what C and Python
write and rank alike: + - * / % & | ^ << >> ~ and parentheses. Everything is unsigned, 32 bits wide and wraps,
as with `uint32_t t` in C; shifts are by less than 32.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

WIDTH = 16  # bits of t
PERIOD = 1 << WIDTH
RATE = 8_000


@dataclass(frozen=True)
class Formula:
    """One tune.

    Args:
        name: What people call it, or what it is.
        text: The formula of t.
        author: Whom it is credited to.
        origin: Where and when it was published.
    """

    name: str
    text: str
    author: str
    origin: str

    def samples(self) -> npt.NDArray[np.int16]:
        """int16 (65536,): bytes as offset binary, left aligned, as `PositionalSample(8)` gives them."""
        byte: Any = evaluate(self.text, np.arange(PERIOD, dtype=np.uint32), number) & 255
        return ((byte.astype(np.int32) - 128) << 8).astype(np.int16)


_VIDEO_1 = "Experimental music from very short C programs, 2011-09-18"
_VIDEO_2 = "Experimental one-line algorithmic music, the 2nd iteration, 2011-09-30"
_VIDEO_3 = "Music from very short programs, the 3rd iteration, 2011-10-10"
_POUET = "pouet.net, topic 8357, 2011-10"
_BLOG = "countercomplex.blogspot.com, 2011-10"

FORMULAS = (
    Formula("sierpinski", "t&t>>8", "viznut", _VIDEO_1),
    Formula("42", "t*(42&t>>10)", "several, independently", _BLOG),
    Formula("western-42", "t*((42&t>>10)%14)", "viznut", _BLOG),
    Formula("four-notes", "t*(5+(t>>11&5))", "viznut", _BLOG),
    Formula("drum", "(t&t>>4)-5", "viznut", _BLOG),
    Formula("drone", "t&t%255", "viznut", _BLOG),
    Formula("bass", "(t>>8^t>>10|t>>14|t)&63", "Mu6k", _BLOG),
    Formula("two-voices", "t*5&t>>7|t*3&t>>10", "viznut", _VIDEO_3),
    Formula("miiro", "t*5&t>>7|t*3&t*4>>10", "miiro", _VIDEO_2),
    Formula(
        "three-voices", "(t*9&t>>4|t*5&t>>7|t*3&t/1024)-1", "stephth", "news.ycombinator.com, 2011-10-03"
    ),
    Formula("roy", "t*((t>>9|t>>13)&15)&129", "Niklas Roy", _BLOG),
    Formula("visy", "t*((t>>9|t>>13)&25&t>>6)", "visy", _VIDEO_1),
    Formula("viznut", "t*((t>>12|t>>8)&63&t>>4)", "viznut", _VIDEO_1),
    Formula("tejeez", "t*(t>>5|t>>8)>>(t>>16)", "tejeez", _VIDEO_1),
    Formula("arpeggio", "t*(t>>11&t>>8&123&t>>3)", "tejeez", _VIDEO_1),
    Formula("bird", "t*((t>>11|t>>8)&92&t>>4)", "raer", _POUET),
    Formula("crackle", "(t>>6|t|t>>(t>>16))*10+(t>>11&7)", "viznut", _VIDEO_2),
    Formula("trio", "(t>>7|t|t>>6)*10+4*(t&t>>13|t>>6)", "viznut, xpansive, varjohukka", _VIDEO_2),
    Formula("red", "(t|t>>9|t>>7)*t&(t>>11|t>>9)", "red-", _VIDEO_2),
    Formula("lost-in-space", "(t*(t>>8|t>>9)&46&t>>8)^(t&t>>13|t>>6)", "xpansive", _POUET),
    Formula("rrrola", "t*(0xCA98>>(t>>9&14)&15)|t>>8", "rrrola, ryg", _POUET),
    Formula("krcko", "(t&t>>12)*(t>>4|t>>8)^t>>6", "krcko", "rafforum.rs, topic 123, 2011-10-04"),
    Formula("crowd", "t<<1^((t<<1)+(t>>7)&t>>12)|t>>4-(1^7&t>>19)|t>>7", "Kragen Javier Sitaker", _BLOG),
    Formula("varjohukka", "t>>5|(t>>2)*(t>>5)", "varjohukka", _POUET),
    Formula("robert", "(t>>7|t%45)&(t>>8|t%35)&(t>>11|t%20)", "robert", _BLOG),
    Formula("lucasvb", "(t>>6|t<<1)+(t>>5|t<<3|t>>3)|t>>2|t<<1", "lucasvb", _BLOG),
)

Value = TypeVar("Value")


class Word(Protocol):
    """What a formula computes with: numpy arrays, or words of gates."""

    def __add__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __floordiv__(self, other: Any, /) -> Any: ...
    def __mod__(self, other: Any, /) -> Any: ...
    def __and__(self, other: Any, /) -> Any: ...
    def __or__(self, other: Any, /) -> Any: ...
    def __xor__(self, other: Any, /) -> Any: ...
    def __lshift__(self, other: Any, /) -> Any: ...
    def __rshift__(self, other: Any, /) -> Any: ...
    def __invert__(self) -> Any: ...
    def __neg__(self) -> Any: ...


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x // y,
    ast.Mod: lambda x, y: x % y,
    ast.BitAnd: lambda x, y: x & y,
    ast.BitOr: lambda x, y: x | y,
    ast.BitXor: lambda x, y: x ^ y,
    ast.LShift: lambda x, y: x << y,
    ast.RShift: lambda x, y: x >> y,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.Invert: lambda x: ~x, ast.USub: lambda x: -x}


def evaluate(text: str, t: Word, constant: Callable[[int], Word]) -> Word:
    """A formula over any kind of words.

    Args:
        text: The formula.
        t: The word that stands for t.
        constant: Makes words of numbers.

    Raises:
        ValueError: The formula holds something else than integers, t and the operators.
    """

    def walk(node: ast.expr) -> Word:
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            word: Word = _BINARY[type(node.op)](walk(node.left), walk(node.right))
            return word
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            word = _UNARY[type(node.op)](walk(node.operand))
            return word
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return constant(node.value)
        if isinstance(node, ast.Name) and node.id == "t":
            return t
        raise ValueError(f"formula {text!r}: {ast.unparse(node)!r} is no integer, t or operator of a formula")

    return walk(ast.parse(text, mode="eval").body)


def number(value: int) -> npt.NDArray[np.uint32]:
    """A number in a formula, as an array: scalars of numpy warn when they wrap."""
    return np.array([value], np.uint32)
