"""A gate network: a flat netlist of two-input gates and one-bit registers, and its evaluation.

Nodes are numbered inputs first, then registers, then gates, and every gate reads smaller numbers: array order
is the order of evaluation. Gates use difflogic's numbering: the truth table `f(a, b)` as the 4-bit
number `f00 f01 f10 f11`, most significant first (1 = AND, 3 = a, 6 = XOR, 7 = OR, 14 = NAND).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import CircuitError

if TYPE_CHECKING:
    from zoo.lanes import Lanes

Bits = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]

GATE_NAMES = (
    "0", "a & b", "a & ~b", "a", "~a & b", "b", "a ^ b", "a | b",
    "~(a | b)", "~(a ^ b)", "~b", "a | ~b", "~a", "~a | b", "~(a & b)", "1",
)  # fmt: skip

# Column 2a + b of row `op` is the gate's output.
TRUTH: Bits = np.array([[op >> 3 & 1, op >> 2 & 1, op >> 1 & 1, op & 1] for op in range(16)], np.uint8)

# Algebraic normal form: row `op` is (m0, m1, m2, m3) with out = m0 ^ (m1 & a) ^ (m2 & b) ^ (m3 & a & b).
ANF: Bits = np.stack(
    [TRUTH[:, 0], TRUTH[:, 0] ^ TRUTH[:, 2], TRUTH[:, 0] ^ TRUTH[:, 1], np.bitwise_xor.reduce(TRUTH, axis=1)],
    axis=1,
)

_DIGEST_HEADER = b"difflogic-zoo circuit 1\n"
_CHUNK_BYTES = 1 << 22  # node values of one chunk of frames; stays near the cache


class _Level(NamedTuple):
    """Gates that read only earlier levels, ready for one vectorised step."""

    node: npt.NDArray[np.intp]
    a: npt.NDArray[np.intp]
    b: npt.NDArray[np.intp]
    masks: npt.NDArray[np.uint64]  # (4, gates, 1): the ANF, each bit spread over a word


@dataclass(frozen=True, eq=False)
class Circuit:
    """An immutable, valid gate network.

    Args:
        n_inputs: Number of input bits a frame, at least 0.
        op: uint8 (gates,): the gate's operation, 0 to 15.
        a: int32 (gates,): node id of the first operand, smaller than the gate's own.
        b: int32 (gates,): node id of the second operand, smaller than the gate's own.
        outputs: int32 (outputs,): node ids, at least one.
        register_next: int32 (registers,): the node whose value the register takes at the next frame.
        register_init: uint8 (registers,): the register's value in the first frame, 0 or 1.
        lanes: The word wiring behind the netlist, if it has one.

    Raises:
        CircuitError: See `validate`.
    """

    n_inputs: int
    op: Bits
    a: Int32
    b: Int32
    outputs: Int32
    register_next: Int32 = field(default_factory=lambda: np.zeros(0, np.int32))
    register_init: Bits = field(default_factory=lambda: np.zeros(0, np.uint8))
    lanes: Lanes | None = None

    def __post_init__(self) -> None:
        for name in ("op", "register_init"):
            object.__setattr__(self, name, frozen_array(name, getattr(self, name), np.uint8))
        for name in ("a", "b", "outputs", "register_next"):
            object.__setattr__(self, name, frozen_array(name, getattr(self, name), np.int32))
        self.validate()

    def __repr__(self) -> str:
        return (
            f"<Circuit: {self.n_inputs} inputs, {self.n_gates} gates, {self.n_outputs} outputs, "
            f"{self.n_registers} registers>"
        )

    @property
    def n_gates(self) -> int:
        """Number of gates."""
        return int(self.op.size)

    @property
    def n_outputs(self) -> int:
        """Number of output bits a frame."""
        return int(self.outputs.size)

    @property
    def n_registers(self) -> int:
        """Number of registers."""
        return int(self.register_next.size)

    @property
    def n_nodes(self) -> int:
        """Inputs, registers and gates together."""
        return self.n_inputs + self.n_registers + self.n_gates

    def validate(self) -> None:
        """Check every rule of the netlist; a constructed circuit has passed.

        Raises:
            CircuitError: Lengths differ, an id is out of range, a gate reads itself or a later gate (a
                cycle), an operation is not 0 to 15, a register starts at something else than 0 or 1, or the
                lanes do not fit.
        """
        if self.n_inputs < 0:
            raise CircuitError(f"n_inputs: expected at least 0, found {self.n_inputs}")
        if self.n_nodes > np.iinfo(np.int32).max:
            raise CircuitError(f"circuit: expected fewer than 2^31 nodes, found {self.n_nodes}")
        for name, twin in (("a", "op"), ("b", "op"), ("register_init", "register_next")):
            expected, found = getattr(self, twin).size, getattr(self, name).size
            if found != expected:
                raise CircuitError(f"{name}: expected {expected} values (as {twin}), found {found}")
        if self.n_outputs == 0:
            raise CircuitError("outputs: expected at least 1 value, found 0")
        own = np.arange(self.n_inputs + self.n_registers, self.n_nodes)
        _require_below("op", self.op, 16, "a gate 0 to 15")
        _require_below("a", self.a, own, "a node before the gate, or the circuit has a cycle")
        _require_below("b", self.b, own, "a node before the gate, or the circuit has a cycle")
        _require_below("outputs", self.outputs, self.n_nodes, "a node")
        _require_below("register_next", self.register_next, self.n_nodes, "a node")
        _require_below("register_init", self.register_init, 2, "0 or 1")
        if self.lanes is not None:
            self.lanes.check(self)

    def initial_state(self) -> Bits:
        """uint8 (registers,): a fresh copy of what the registers hold before the first frame."""
        return self.register_init.copy()

    def evaluate(self, bits: npt.NDArray[Any], state: Bits | None = None) -> Bits:
        """Run one stream of frames.

        Args:
            bits: bool or uint8 (frames, n_inputs) of 0 and 1.
            state: uint8 (registers,) from `initial_state`, updated in place; None starts afresh.

        Returns:
            uint8 (frames, outputs) of 0 and 1.

        Raises:
            CircuitError: `bits` or `state` has another shape or type, or holds something else than 0 and 1.
        """
        bits = _checked_bits("bits", bits, (None, self.n_inputs))
        if self.n_registers == 0:
            return self._evaluate_sliced(bits)
        state = self.initial_state() if state is None else state
        _checked_bits("state", state, (self.n_registers,))
        from zoo.circuit_kernel import run_with_registers

        out = np.empty((len(bits), self.n_outputs), np.uint8)
        run_with_registers(bits, self.op, self.a, self.b, self.outputs, self.register_next, state, out)
        return out

    def _evaluate_sliced(self, bits: Bits) -> Bits:
        """No registers: 64 frames a word, whole levels of gates at a time, in chunks that fit the cache."""
        out = np.empty((len(bits), self.n_outputs), np.uint8)
        step = 64 * max(1, _CHUNK_BYTES // (8 * self.n_nodes))
        for start in range(0, len(bits), step):
            chunk = bits[start : start + step]
            words = slice_frames(chunk)
            nodes = np.empty((self.n_nodes, words.shape[1]), np.uint64)
            nodes[: self.n_inputs] = words
            for level in self._levels:
                a, b = nodes[level.a], nodes[level.b]
                m0, m1, m2, m3 = level.masks
                nodes[level.node] = m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))
            out[start : start + step] = unslice_frames(nodes[self.outputs], len(chunk))
        return out

    @cached_property
    def gate_levels(self) -> Int32:
        """int32 (gates,): longest path from an input or register to the gate, counting the gate itself."""
        level = [0] * (self.n_inputs + self.n_registers)
        for a, b in zip(self.a.tolist(), self.b.tolist(), strict=True):
            level.append(1 + max(level[a], level[b]))
        return np.array(level[self.n_inputs + self.n_registers :], np.int32)

    @cached_property
    def _levels(self) -> list[_Level]:
        order = np.argsort(self.gate_levels, kind="stable")
        counts = np.bincount(self.gate_levels, minlength=1)[1:]
        groups = np.split(order, np.cumsum(counts)[:-1]) if self.n_gates else []
        spread = np.array([0, 2**64 - 1], np.uint64)
        first_gate = self.n_inputs + self.n_registers
        a, b, masks = self.a.astype(np.intp), self.b.astype(np.intp), spread[ANF[self.op].T]
        return [_Level(first_gate + g, a[g], b[g], masks[:, g, None]) for g in groups]

    def depth(self) -> int:
        """Number of gate levels, 0 when there are no gates."""
        return int(self.gate_levels.max(initial=0))

    def op_histogram(self) -> tuple[int, ...]:
        """How often each of the 16 operations occurs."""
        return tuple(np.bincount(self.op, minlength=16).tolist())

    def digest(self) -> str:
        """SHA-256 (hex) of a canonical little-endian byte string of every array: the circuit's identity.

        Lanes are left out: they describe the same netlist a second time.
        """
        sha = hashlib.sha256(_DIGEST_HEADER)
        sha.update(np.int64(self.n_inputs).astype("<i8").tobytes())
        for name, kind in (
            ("op", "u1"),
            ("a", "<i4"),
            ("b", "<i4"),
            ("outputs", "<i4"),
            ("register_next", "<i4"),
            ("register_init", "u1"),
        ):
            array: npt.NDArray[Any] = getattr(self, name)
            sha.update(np.int64(array.size).astype("<i8").tobytes())
            sha.update(array.astype(kind).tobytes())
        return sha.hexdigest()


def slice_frames(bits: Bits) -> npt.NDArray[np.uint64]:
    """uint8 (frames, n) -> uint64 (n, ceil(frames / 64)): frame f is bit f % 64 of word f // 64."""
    packed = np.packbits(np.ascontiguousarray(bits.T), axis=1, bitorder="little")
    padded = np.zeros((packed.shape[0], -(-len(bits) // 64) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view("<u8").astype(np.uint64)


def unslice_frames(words: npt.NDArray[np.uint64], frames: int) -> Bits:
    """Undo `slice_frames`: uint64 (n, words) -> uint8 (frames, n)."""
    bytes_ = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    return np.ascontiguousarray(np.unpackbits(bytes_, axis=1, count=frames, bitorder="little").T)


def frozen_array(name: str, value: npt.ArrayLike, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """A read-only copy of a one-dimensional integer array in the given type.

    Raises:
        CircuitError: Not one-dimensional, not integer, or a value does not fit the type.
    """
    array = np.asarray(value)
    if array.ndim != 1:
        raise CircuitError(f"{name}: expected 1 dimension, found {array.ndim}")
    if array.size and array.dtype.kind not in "iub":
        raise CircuitError(f"{name}: expected integers, found {array.dtype}")
    result = array.astype(dtype)
    wrong = np.flatnonzero(result != array)
    if wrong.size:
        raise CircuitError(f"{name}[{wrong[0]}]: expected a {np.dtype(dtype)}, found {array[wrong[0]]}")
    result.flags.writeable = False
    return result


def _require_below(name: str, values: npt.NDArray[Any], bound: int | npt.NDArray[Any], meaning: str) -> None:
    """Every value lies in 0 .. bound - 1 (one bound, or one for each value)."""
    wrong = np.flatnonzero((values < 0) | (values >= bound))
    if wrong.size:
        first = int(wrong[0])
        limit = int(np.broadcast_to(bound, values.shape)[first])
        raise CircuitError(f"{name}[{first}]: expected 0 to {limit - 1} ({meaning}), found {values[first]}")


def _checked_bits(name: str, bits: npt.NDArray[Any], shape: tuple[int | None, ...]) -> Bits:
    """The array as uint8 when it holds only 0 and 1 in the given shape (None = any length)."""
    if len(shape) != bits.ndim or any(w not in (None, h) for w, h in zip(shape, bits.shape, strict=True)):
        raise CircuitError(f"{name}: expected shape {shape}, found {bits.shape}")
    if bits.dtype == np.bool_:
        return bits.view(np.uint8)
    if bits.dtype != np.uint8:
        raise CircuitError(f"{name}: expected bool or uint8, found {bits.dtype}")
    if bits.max(initial=0) > 1:
        raise CircuitError(f"{name}: expected 0 and 1 only, found {bits.max()}")
    return bits
