"""Any circuit as straight-line C, a statement a gate: for one frame, or for 32 frames in the bits of a word.

For one frame only bit 0 of each variable means anything; the bits above hold whatever the shifts left there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from exporters.c.chunks import Chunk, split
from exporters.c.names import ExportError
from exporters.c.netlist import ONE, ZERO, Netlist
from exporters.c.part import Part, indented, words

# Gate -> C; constants and copies never get here, and operands are arranged so that 5 and 10 do not either.
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

Place = tuple[str, int]  # array, bit or word number in it


class Scope:
    """The statements of one function, and the nodes it has in variables so far."""

    def __init__(self, netlist: Netlist, loads: dict[int, int], packed: bool) -> None:
        self.lines: list[str] = []
        self._n_inputs, self._loads, self._packed = netlist.circuit.n_inputs, loads, packed
        self._names: dict[int, str] = {}

    def name(self, node: int) -> str:
        """The variable of a node, loaded at its first use."""
        if node not in self._names:
            if node in self._loads:
                name, source = f"g{node}", f"t[{self._loads[node]}]"
            elif node < self._n_inputs:
                name, source = f"i{node}", _bit("in", node) if self._packed else f"in[{node}]"
            else:
                name, source = f"r{node - self._n_inputs}", _bit("state", node - self._n_inputs)
            self.lines.append(f"const uint32_t {name} = {source};")
            self._names[node] = name
        return self._names[node]

    def gate(self, node: int, op: int, a: int, b: int) -> None:
        """One gate."""
        expression = EXPRESSIONS[op].format(a=self.name(a), b=self.name(b))
        self._names[node] = f"g{node}"
        self.lines.append(f"const uint32_t g{node} = {expression};")

    def store(self, nodes: Iterable[int], places: dict[int, list[Place]]) -> None:
        """Put nodes where outputs and next registers stand."""
        packed: dict[Place, list[str]] = defaultdict(list)
        for node in nodes:
            for array, index in places.get(node, ()):
                if self._packed:
                    packed[array, index // 32].append(f"(({self.name(node)} & 1u) << {index % 32})")
                else:
                    self.lines.append(f"{array}[{index}] = {self.name(node)};")
        self.lines += [f"{array}[{word}] |= {' | '.join(bits)};" for (array, word), bits in packed.items()]


def frame_part(netlist: Netlist) -> Part:
    """`$name_gates` of any circuit: inputs, outputs and registers stand 32 a word."""
    circuit = netlist.circuit
    registers = words(circuit.n_registers)
    places: dict[int, list[Place]] = defaultdict(list)
    for o, node in enumerate(netlist.outputs):
        places[node].append(("out", o))
    for r, following in enumerate(netlist.register_next):
        if following is not None:
            places[following].append(("next", r))

    arrays = ["const in", "t", "out"] + (["const state", "next"] if registers else [])
    chunks, n_slots = split(netlist)
    functions = [
        _function(netlist, f"$name_gates_{k}", arrays, chunk, places, True) for k, chunk in enumerate(chunks)
    ]

    body = [f"uint32_t t[{max(n_slots, 1)}];", "(void)s;", "(void)t;", "(void)in;"]
    if registers:
        body += [f"uint32_t next[{registers}];", "const uint32_t *state = s->registers;"]
    start = {"out": [0] * words(circuit.n_outputs), "next": [0] * registers}
    for array, bit in places[ONE]:
        start[array][bit // 32] |= 1 << bit % 32
    body += [f"{array}[{w}] = 0x{x:X}u;" for array, values in start.items() for w, x in enumerate(values)]
    body += [f"$name_gates_{k}({', '.join(a.split()[-1] for a in arrays)});" for k in range(len(chunks))]
    direct = Scope(netlist, {}, True)
    direct.store((n for n in places if 0 <= n < circuit.n_inputs + circuit.n_registers), places)
    body += [*direct.lines, *(f"s->registers[{w}] = next[{w}];" for w in range(registers))]

    init = [0] * registers
    for r, bit in enumerate(circuit.register_init.tolist()):
        init[r // 32] |= bit << r % 32
    signature = "void $name_gates($name_state *s, const uint32_t *in, uint32_t *out)"
    return Part(
        fields=[f"uint32_t registers[{registers}]; /* one bit each */"] if registers else [],
        init=[f"s->registers[{w}] = 0x{x:X}u;" for w, x in enumerate(init)],
        code=f"{QUALIFIERS}{''.join(functions)}{signature}\n{{\n{indented(body)}}}\n",
    )


def block_part(netlist: Netlist) -> Part:
    """`$name_gates_block` of a circuit without registers: a word of 32 frames for each input and output.

    Raises:
        ExportError: The circuit has registers, so its frames depend on each other.
    """
    circuit = netlist.circuit
    if circuit.n_registers:
        raise ExportError(
            f"block mode: {circuit.n_registers} registers tie each frame to the one before, so 32 "
            "frames cannot run at once. Export in frame mode"
        )
    places: dict[int, list[Place]] = defaultdict(list)
    for o, node in enumerate(netlist.outputs):
        places[node].append(("out", o))
    chunks, n_slots = split(netlist)
    arrays = ["const in", "t", "out"]
    functions = [
        _function(netlist, f"$name_block_{k}", arrays, chunk, places, False) for k, chunk in enumerate(chunks)
    ]
    body = [f"uint32_t t[{max(n_slots, 1)}];", "(void)t;", "(void)in;"]
    body += [f"$name_block_{k}(in, t, out);" for k in range(len(chunks))]
    for constant, word in ((ZERO, "0"), (ONE, "0xFFFFFFFFu")):
        body += [f"{array}[{index}] = {word};" for array, index in places[constant]]
    direct = Scope(netlist, {}, False)
    direct.store((n for n in places if 0 <= n < circuit.n_inputs), places)
    body += direct.lines
    signature = "void $name_gates_block(const uint32_t *in, uint32_t *out)"
    return Part(code=f"{QUALIFIERS}{''.join(functions)}{signature}\n{{\n{indented(body)}}}\n")


def _function(
    netlist: Netlist, name: str, arrays: list[str], chunk: Chunk, places: dict[int, list[Place]], packed: bool
) -> str:
    """One chunk as a function over the arrays."""
    scope = Scope(netlist, chunk.loads, packed)
    for gate in chunk.gates:
        scope.gate(*gate)
        if not packed:
            scope.store([gate[0]], places)
        if gate[0] in chunk.stores:
            scope.lines.append(f"t[{chunk.stores[gate[0]]}] = g{gate[0]};")
    if packed:
        scope.store((gate[0] for gate in chunk.gates), places)
    parameters = ", ".join(
        f"{'const ' if a.startswith('const') else ''}uint32_t *$NAME_RESTRICT {a.split()[-1]}" for a in arrays
    )
    unused = [f"(void){a.split()[-1]};" for a in arrays]
    return f"static $NAME_NOINLINE void {name}({parameters})\n{{\n{indented(unused + scope.lines)}}}\n\n"


def _bit(array: str, index: int) -> str:
    """A bit of a packed array, moved to bit 0."""
    return f"{array}[{index // 32}]" + (f" >> {index % 32}" if index % 32 else "")
