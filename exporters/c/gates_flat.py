"""Any circuit as straight-line C, a statement a gate: for one frame, or for a block of frames in planes.

For one frame only bit 0 of each variable means anything; the bits above hold whatever the shifts left there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from exporters.c.chunks import Chunk, split
from exporters.c.part import Part, indented, words
from exporters.passes.lines import whole_words
from exporters.schedule import depth_first
from zoo.circuit import Circuit

# Gate -> C; optimised circuits have no copies, and constants are another kind of statement.
EXPRESSIONS = {
    1: "{a} & {b}",
    2: "{a} & ~{b}",
    4: "~{a} & {b}",
    6: "{a} ^ {b}",
    7: "{a} | {b}",
    8: "~({a} | {b})",
    9: "~({a} ^ {b})",
    11: "{a} | ~{b}",
    12: "~{a}",
    13: "~{a} | {b}",
    14: "~({a} & {b})",
}

QUALIFIERS = """\
#ifndef $NAME_NOINLINE
#if defined(__GNUC__)
#define $NAME_NOINLINE __attribute__((noinline))
#define $NAME_RESTRICT __restrict
#else
#define $NAME_NOINLINE
#define $NAME_RESTRICT
#endif
#endif

"""

GATES = "void $name_gates($name_state *s, const uint32_t *bits, uint32_t *outputs)"

Place = tuple[str, int]  # array, bit or plane number in it


def frame_part(circuit: Circuit) -> Part:
    """`$name_gates` of an optimised circuit: inputs, outputs and registers stand 32 a word."""
    flat = frame_code(circuit, "$name_flat", "static ")
    state = "s->registers" if circuit.n_registers else "0"
    body = ["(void)s;", f"$name_flat({state}, bits, outputs);"]
    return with_registers(circuit, f"{QUALIFIERS}{flat}\n{GATES}\n{{\n{indented(body)}}}\n")


def with_registers(circuit: Circuit, code: str) -> Part:
    """The code with the circuit's registers in the state, packed, and their start values."""
    registers = words(circuit.n_registers)
    init = [0] * registers
    for r, bit in enumerate(circuit.register_init.tolist()):
        init[r // 32] |= bit << r % 32
    return Part(
        fields=[f"uint32_t registers[{registers}]; /* one bit each */"] if registers else [],
        init=[f"s->registers[{w}] = 0x{x:X}u;" for w, x in enumerate(init)],
        code=code,
    )


def frame_code(circuit: Circuit, symbol: str, linkage: str = "") -> str:
    """`void symbol(uint32_t *state, const uint32_t *in, uint32_t *out)`: all three packed, 32 bits a word."""
    return _Writer(circuit, symbol, "uint32_t", packed=True).code(linkage)


def block_code(circuit: Circuit, symbol: str, plane: str, linkage: str = "") -> str:
    """The same with a plane for each bit.

    Args:
        circuit: Optimised; `(state, in, out)` hold planes of its registers, inputs and outputs.
        symbol: The function's name.
        plane: C type of a plane: `uint32_t`, or a vector that may alias it.
        linkage: What stands before `void`: "" or "static ".
    """
    return _Writer(circuit, symbol, plane, packed=False).code(linkage)


class _Writer:
    """The functions of one circuit."""

    def __init__(self, circuit: Circuit, symbol: str, plane: str, packed: bool) -> None:
        self._circuit, self._symbol, self._plane, self._packed = circuit, symbol, plane, packed
        self.places: dict[int, list[Place]] = defaultdict(list)
        for o, node in enumerate(circuit.outputs.tolist()):
            self.places[node].append(("out", o))
        self._copied = whole_words(circuit) if packed else {}
        for r, node in enumerate(circuit.register_next.tolist()):
            if r // 32 not in self._copied:
                self.places[node].append(("next", r))
        self._arrays = ["const in", "t", "out"]
        if circuit.n_registers:
            self._arrays += ["const state", "next"]

    def code(self, linkage: str) -> str:
        """All functions, the one that others call last."""
        chunks, n_slots = split(self._circuit, depth_first(self._circuit))
        functions = [self._chunk(k, chunk) for k, chunk in enumerate(chunks)]
        plane, registers = self._plane, self._size(self._circuit.n_registers)
        names = dict.fromkeys(("state", "in", "out"), "uint32_t")
        body = [f"{plane} t[{n_slots}];"] if n_slots else [f"{plane} *t = 0;"]
        if plane != "uint32_t":
            names = {f"{name}_words": kind for name, kind in names.items()}
            body += [f"const {plane} *in = (const {plane} *)in_words;"]
            body += [f"{plane} *out = ({plane} *)out_words;"]
            body += [f"{plane} *state = ({plane} *)state_words;"]
        if registers:
            body += [f"{plane} next[{registers}];"]
        body += ["(void)state;", "(void)t;", "(void)in;"]
        if self._packed:
            sizes = {"out": self._size(self._circuit.n_outputs), "next": registers}
            body += [f"{array}[{w}] = 0;" for array, size in sizes.items() for w in range(size)]
            body += [f"next[{word}] = state[{source}];" for word, source in self._copied.items()]
        arguments = ", ".join(a.split()[-1] for a in self._arrays)
        body += [f"{self._symbol}_{k}({arguments});" for k in range(len(chunks))]
        scope = _Scope(self, {})
        scope.store(n for n in self.places if n < self._circuit.n_inputs + self._circuit.n_registers)
        body += [*scope.lines, *(f"state[{w}] = next[{w}];" for w in range(registers))]
        state, given, out = names
        signature = (
            f"{linkage}void {self._symbol}(uint32_t *{state}, const uint32_t *{given}, uint32_t *{out})"
        )
        return f"{''.join(functions)}{signature}\n{{\n{indented(body)}}}\n"

    def _chunk(self, number: int, chunk: Chunk) -> str:
        """One chunk as a function over the arrays."""
        scope = _Scope(self, chunk.loads)
        for gate in chunk.gates:
            scope.gate(*gate)
            if not self._packed:
                scope.store([gate[0]])
            if gate[0] in chunk.stores:
                scope.lines.append(f"t[{chunk.stores[gate[0]]}] = g{gate[0]};")
        if self._packed:
            scope.store(gate[0] for gate in chunk.gates)
        parameters = ", ".join(
            f"{'const ' if a.startswith('const') else ''}{self._plane} *$NAME_RESTRICT {a.split()[-1]}"
            for a in self._arrays
        )
        unused = [f"(void){a.split()[-1]};" for a in self._arrays]
        signature = f"static $NAME_NOINLINE void {self._symbol}_{number}({parameters})"
        return f"{signature}\n{{\n{indented(unused + scope.lines)}}}\n\n"

    def _size(self, bits: int) -> int:
        return words(bits) if self._packed else bits

    @property
    def layout(self) -> tuple[int, str, bool]:
        """Number of inputs, type of a plane, and whether arrays are packed."""
        return self._circuit.n_inputs, self._plane, self._packed


class _Scope:
    """The statements of one function, and the nodes it has in variables so far."""

    def __init__(self, writer: _Writer, loads: dict[int, int]) -> None:
        self.lines: list[str] = []
        self._n_inputs, self._plane, self._packed = writer.layout
        self._loads, self._places = loads, writer.places
        self._names: dict[int, str] = {}

    def name(self, node: int) -> str:
        """The variable of a node, loaded at its first use."""
        if node not in self._names:
            if node in self._loads:
                name, source = f"g{node}", f"t[{self._loads[node]}]"
            elif node < self._n_inputs:
                name, source = f"i{node}", self._bit("in", node)
            else:
                name, source = f"r{node - self._n_inputs}", self._bit("state", node - self._n_inputs)
            self.lines.append(f"const {self._plane} {name} = {source};")
            self._names[node] = name
        return self._names[node]

    def gate(self, node: int, op: int, a: int, b: int) -> None:
        """One gate."""
        if op == 15:  # a vector has no literal of ones
            self.lines.append(f"const {self._plane} z{node} = {{0}}, g{node} = ~z{node};")
        elif op == 0:
            self.lines.append(f"const {self._plane} g{node} = {{0}};")
        else:
            expression = EXPRESSIONS[op].format(a=self.name(a), b=self.name(b))
            self.lines.append(f"const {self._plane} g{node} = {expression};")
        self._names[node] = f"g{node}"

    def store(self, nodes: Iterable[int]) -> None:
        """Put nodes where outputs and next registers stand."""
        packed: dict[Place, list[str]] = defaultdict(list)
        for node in nodes:
            for array, index in self._places.get(node, ()):
                if self._packed:
                    packed[array, index // 32].append(f"(({self.name(node)} & 1u) << {index % 32})")
                else:
                    self.lines.append(f"{array}[{index}] = {self.name(node)};")
        self.lines += [f"{array}[{word}] |= {' | '.join(bits)};" for (array, word), bits in packed.items()]

    def _bit(self, array: str, index: int) -> str:
        """A plane, or a bit of a packed array moved to bit 0."""
        if not self._packed:
            return f"{array}[{index}]"
        return f"{array}[{index // 32}]" + (f" >> {index % 32}" if index % 32 else "")
