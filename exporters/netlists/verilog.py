"""Plain Verilog-2001: a module of gates and clocked registers, and one that adds the class by GroupSum."""

from __future__ import annotations

from exporters.c.names import ExportError, checked_name, default_name
from zoo.circuit import Circuit
from zoo.heads import GroupSum, Head

# Words of Verilog-2005 and SystemVerilog that C would take as a name.
_WORDS = (
    "always and assign assume begin bit buf byte casex casez cell checker clocking config constraint "
    "cover cross deassign defparam design disable edge end endcase endfunction endmodule endtask "
    "event expect final force forever fork function generate genvar global highz0 highz1 ifnone "
    "import initial inout input inside instance integer interface join large let liblist library "
    "local localparam logic macromodule matches medium modport module nand negedge new nmos nor not "
    "notif0 notif1 null or output package packed parameter pmos posedge primitive priority program "
    "property pull0 pull1 pulldown pullup pure rand rcmos real realtime ref reg release repeat rnmos "
    "rpmos rtran scalared sequence showcancelled small solve specify specparam strong0 strong1 super "
    "supply0 supply1 table tagged task time tran tri tri0 tri1 triand trior trireg type unique use "
    "uwire var vectored wait wand weak0 weak1 wire with within wor xnor xor "
)
_KEYWORDS = frozenset(_WORDS.split())

_EXPRESSIONS = (
    "1'b0", "{a} & {b}", "{a} & ~{b}", "{a}", "~{a} & {b}", "{b}", "{a} ^ {b}", "{a} | {b}",
    "~({a} | {b})", "~({a} ^ {b})", "~{b}", "{a} | ~{b}", "~{a}", "~{a} | {b}", "~({a} & {b})", "1'b1",
)  # fmt: skip


def verilog_name(name: str) -> str:
    """The name itself when it may stand in C and in Verilog.

    Raises:
        ExportError: It may not.
    """
    if checked_name(name) in _KEYWORDS:
        raise ExportError(f"name: expected no word of Verilog, found {name!r}. Choose another with --name")
    return name


def default_verilog_name(model_id: str) -> str:
    """The last part of a model's id, as a name in C and Verilog."""
    name = default_name(model_id)
    return f"model_{name}" if name in _KEYWORDS else name


def write_verilog(circuit: Circuit, name: str, head: Head | None = None, comment: str = "") -> str:
    """The text of a Verilog file.

    The module `<name>` has inputs `x`, outputs `y` and, with registers, `clk`, `rst` (back to the start at
    the clock's edge) and `en` (a frame passes). A GroupSum adds the module `<name>_class` with `counts`, the
    first class in the lowest bits, and `class_index`, the first largest.

    Args:
        circuit: The gates.
        name: Of the module.
        head: Of the model.
        comment: Text for its start.

    Raises:
        ExportError: The name is no identifier.
    """
    verilog_name(name)
    lines = [*(f"// {row}" for row in comment.splitlines()), "", "`default_nettype none", ""]
    lines += _gates_module(circuit, name)
    if isinstance(head, GroupSum):
        lines += ["", *_class_module(circuit, name, head)]
    return "".join(f"{line}\n" for line in (*lines, "", "`default_nettype wire"))


def _ports(circuit: Circuit) -> list[str]:
    ports = ["input wire clk", "input wire rst", "input wire en"] if circuit.n_registers else []
    return ports + ([f"input wire [{circuit.n_inputs - 1}:0] x"] if circuit.n_inputs else [])


def _module(name: str, ports: list[str], body: list[str]) -> list[str]:
    last = [f"    {port}," for port in ports[:-1]] + [f"    {ports[-1]}"]
    return [f"module {name} (", *last, ");", *(f"    {line}" for line in body), "endmodule"]


def _gates_module(circuit: Circuit, name: str) -> list[str]:
    n_inputs, n_registers = circuit.n_inputs, circuit.n_registers
    nodes = [f"x[{i}]" for i in range(n_inputs)] + [f"r[{i}]" for i in range(n_registers)]
    nodes += [f"n{i}" for i in range(circuit.n_gates)]
    after = circuit.register_next.tolist()
    body = [f"reg [{n_registers - 1}:0] r;"] if n_registers else []
    gates = zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True)
    for node, (op, a, b) in enumerate(gates, n_inputs + n_registers):
        body.append(f"wire {nodes[node]} = {_EXPRESSIONS[op].format(a=nodes[a], b=nodes[b])};")
    body += [f"assign y[{i}] = {nodes[node]};" for i, node in enumerate(circuit.outputs.tolist())]
    if n_registers:
        start = "".join(map(str, circuit.register_init.tolist()[::-1]))
        body += [
            f"initial r = {n_registers}'b{start};",
            "always @(posedge clk)",
            "    if (rst)",
            f"        r <= {n_registers}'b{start};",
            "    else if (en) begin",
            *(f"        r[{i}] <= {nodes[node]};" for i, node in enumerate(after)),
            "    end",
        ]
    return _module(name, [*_ports(circuit), f"output wire [{circuit.n_outputs - 1}:0] y"], body)


def _class_module(circuit: Circuit, name: str, head: GroupSum) -> list[str]:
    classes, group = head.classes, circuit.n_outputs // head.classes
    bits, index_bits = group.bit_length(), (classes - 1).bit_length()
    ports = [
        *_ports(circuit),
        f"output reg [{classes * bits - 1}:0] counts",
        f"output reg [{index_bits - 1}:0] class_index",
    ]
    passed = [f".{port.rpartition(' ')[2]}({port.rpartition(' ')[2]})" for port in _ports(circuit)]
    body = [
        f"wire [{circuit.n_outputs - 1}:0] y;",
        f"reg [{bits - 1}:0] count, best;",
        "integer i, k;",
        f"{name} gates ({', '.join([*passed, '.y(y)'])});",
        "always @* begin",
        "    class_index = 0;",
        "    best = 0;",
        f"    for (k = 0; k < {classes}; k = k + 1) begin",
        "        count = 0;",
        f"        for (i = 0; i < {group}; i = i + 1)",
        f"            count = count + y[k * {group} + i];",
        f"        counts[k * {bits} +: {bits}] = count;",
        "        if (count > best) begin",
        "            best = count;",
        f"            class_index = k[{index_bits - 1}:0];",
        "        end",
        "    end",
        "end",
    ]
    return _module(f"{name}_class", ports, body)
