"""What reading a file gives: a circuit, and the names and the head that the file knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from zoo.circuit import Circuit
from zoo.errors import ZooError
from zoo.heads import ControlValues, GroupSum, Head


@dataclass(frozen=True)
class Names:
    """A name for every input, register and output of a circuit."""

    inputs: tuple[str, ...]
    registers: tuple[str, ...]
    outputs: tuple[str, ...]

    def check(self, circuit: Circuit) -> None:
        """ZooError unless there are as many as the circuit has, all different and printable."""
        for kind, names, count in (
            ("inputs", self.inputs, circuit.n_inputs),
            ("registers", self.registers, circuit.n_registers),
            ("outputs", self.outputs, circuit.n_outputs),
        ):
            if len(names) != count:
                raise ZooError(f"names of {kind}: expected {count}, found {len(names)}")
        every = (*self.inputs, *self.registers, *self.outputs)
        twice, times = Counter(every).most_common(1)[0]
        if times > 1:
            raise ZooError(f"names: expected each once, found {twice!r} twice")
        odd = next((name for name in every if not name or not name.isprintable()), None)
        if odd is not None:
            raise ZooError(f"names: expected printable text, found {odd!r}")


@dataclass(frozen=True)
class Imported:
    """A circuit from elsewhere.

    Args:
        circuit: The gates.
        names: What the file calls inputs, registers and outputs; None where it names none.
        head: What the file says about the outputs; None where it says nothing.
    """

    circuit: Circuit
    names: Names | None = None
    head: Head | None = None


def default_names(circuit: Circuit, head: Head | None = None) -> Names:
    """`x[i]` in, `r[i]` for registers, and `y[i]` out, or `class0[i]`, `class1[i]` ... before a GroupSum."""
    outputs: Sequence[str] = [f"y[{i}]" for i in range(circuit.n_outputs)]
    if isinstance(head, GroupSum):
        group = circuit.n_outputs // head.classes
        outputs = [f"class{i // group}[{i % group}]" for i in range(circuit.n_outputs)]
    return Names(
        tuple(f"x[{i}]" for i in range(circuit.n_inputs)),
        tuple(f"r[{i}]" for i in range(circuit.n_registers)),
        tuple(outputs),
    )


def head_of(imported: Imported, classes: int | None) -> Head:
    """The head for an imported circuit: GroupSum when asked for, else the file's, else the bare bits.

    Raises:
        ZooError: The outputs do not divide into the classes, or the file says otherwise.
    """
    n_outputs = imported.circuit.n_outputs
    try:
        if classes is None:
            return imported.head or ControlValues(values=n_outputs, group=1)
        if isinstance(imported.head, GroupSum) and imported.head.classes != classes:
            raise ValueError(f"the file has {imported.head.classes} classes; leave out classes={classes}")
        head = GroupSum(classes)
        head.check_outputs(n_outputs)
    except ValueError as error:
        raise ZooError(str(error)) from None
    return head
