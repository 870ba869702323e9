"""Sound matching by construction: what `zoo train` runs where nothing is trained."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from tasks.data.bytebeat import Formula
from tasks.data.clip import Clip
from tasks.matching import BITS, BLOCK, coarse, held_out, sample_bits
from tasks.recipes.sound import TableSound
from tasks.spectra import signal_to_noise
from tasks.synthesis.completion import complete
from tasks.synthesis.decision import synthesise
from tasks.synthesis.words import compile_formula
from zoo.circuit import Circuit
from zoo.frontends import CounterBits, FrontEnd
from zoo.heads import Head, PositionalSample

Int16 = npt.NDArray[np.int16]


class _Solver:
    """A counter as wide as the target is long, and a circuit that a subclass finds."""

    circuit: Circuit

    def __init__(self, clip: Clip) -> None:
        assert clip.target is not None
        self.target: Int16 = clip.target
        self.frontend = CounterBits(clip.rate, max(1, (len(clip.target) - 1).bit_length()))

    def validate(self) -> dict[str, float]:
        """Bits that are equal, and decibels."""
        answers = self.circuit.evaluate(self.frontend.bits(np.zeros(len(self.target), np.int16)))
        found = PositionalSample(BITS).decode(answers)[:, 0]
        share = float((answers == sample_bits(self.target)).mean())
        return {"exact_bits": share, "snr_db": signal_to_noise(self.target / 32_768, found / 32_768)}

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The counter, the circuit, and eight bits a sample."""
        return self.frontend, self.circuit, PositionalSample(BITS)


class TableSolver(_Solver):
    """The circuit of the target's truth table, or of a coarser one that fits the budget.

    Args:
        recipe: Budget and effort.
        clip: Its target.
        seed: See `synthesise`.
    """

    def __init__(self, recipe: TableSound, clip: Clip, seed: int) -> None:
        super().__init__(clip)
        self.recipe, self.seed = recipe, seed

    @cached_property
    def circuit(self) -> Circuit:  # type: ignore[override]
        """The exact circuit where it fits, else the coarse one with the most decibels."""
        exact = self._circuit(self.target)
        if self.recipe.gates is None or exact.n_gates <= self.recipe.gates:
            return exact
        best, most = None, -np.inf
        for hold in range(self.frontend.width + 1):
            for bits in range(1, BITS + 1):
                table = coarse(self.target, bits, hold)
                snr = signal_to_noise(self.target / 32_768, table / 32_768)
                if best is not None and snr <= most:
                    continue
                circuit = self._circuit(table)
                if circuit.n_gates > self.recipe.gates:
                    break  # more bits need more gates still
                best, most = circuit, snr
        assert best is not None  # one level all the time needs two gates
        return best

    def _circuit(self, samples: Int16) -> Circuit:
        """The circuit of these samples; after the last one it stays where it is."""
        padded = np.pad(samples, (0, (1 << self.frontend.width) - len(samples)), mode="edge")
        table = sample_bits(padded)
        if self.recipe.half:
            blocks = complete(table.reshape(-1, BLOCK * BITS), ~held_out(len(table))[::BLOCK])
            table = blocks.reshape(-1, BITS)
        return synthesise(table, self.seed, self.recipe.tries)


class FormulaSolver(_Solver):
    """The circuit of a tune's formula.

    Args:
        formula: What to compile.
        clip: The tune, to compare with.
    """

    def __init__(self, formula: Formula, clip: Clip) -> None:
        super().__init__(clip)
        self.circuit = compile_formula(formula.text, self.frontend.width, BITS)
