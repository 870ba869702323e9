"""The tools themselves, where `make peers` has installed them: what they compute is what is read."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from zoo.heads import GroupSum
from zoo.interchange import model_of, read

pytestmark = pytest.mark.peers

PEERS = Path(__file__).parents[3] / "build" / "peers"


@pytest.fixture(scope="module")
def difflogic() -> Any:
    """The package, whose CUDA extension is never called here."""
    pytest.importorskip("torch")
    if not (PEERS / "difflogic").is_dir():
        pytest.skip("difflogic is not installed: run `make peers`")
    sys.modules.setdefault("difflogic_cuda", ModuleType("difflogic_cuda"))
    sys.path.append(str(PEERS))
    with contextlib.redirect_stdout(io.StringIO()):
        import difflogic
    return difflogic


@pytest.fixture(scope="module")
def trained(difflogic: Any) -> tuple[Any, Any, Any]:
    """A network after some steps, bits as floats (512, 30), and its own sums of them in evaluation."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(5)
    widths = (30, 64, 90, 60)
    layers = [difflogic.LogicLayer(*pair, device="cpu") for pair in itertools.pairwise(widths)]
    model = torch.nn.Sequential(torch.nn.Flatten(), *layers, difflogic.GroupSum(5, tau=3, device="cpu"))
    bits = torch.randint(0, 2, (512, 30)).float()
    answers = bits[:, :5].argmax(1)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    with contextlib.redirect_stdout(io.StringIO()):  # its layers print
        before = torch.nn.functional.cross_entropy(model(bits), answers).item()
        for _ in range(60):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(bits), answers)
            loss.backward()
            optimiser.step()
        assert loss.item() < 0.9 * before
        sums = (3 * model.eval()(bits)).round().int()
    return model, bits.numpy(), sums.detach().numpy()


@pytest.mark.parametrize("suffix", ["pt", "pair.pt", "safetensors", "npz"])
def test_difflogic_weights(
    difflogic: Any, trained: tuple[Any, Any, Any], suffix: str, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    model, bits, sums = trained
    layers = {name: m for name, m in model.named_modules() if isinstance(m, difflogic.LogicLayer)}
    pairs = {f"{name}.indices": layer.indices for name, layer in layers.items()}
    tensors = dict(model.state_dict()) | {name: torch.stack(pair) for name, pair in pairs.items()}
    path = tmp_path / f"net.{suffix}"
    {
        "pt": lambda: torch.save(tensors, path),
        "pair.pt": lambda: torch.save(dict(model.state_dict()) | pairs, path),
        "safetensors": lambda: save_file(tensors, path),
        "npz": lambda: np.savez(path, **{name: tensor.numpy() for name, tensor in tensors.items()}),
    }[suffix]()
    found = read(path)
    assert found.circuit.n_gates == 64 + 90 + 60
    counts = GroupSum(5).decode(found.circuit.evaluate(bits.astype(np.uint8)))
    assert np.array_equal(counts, sums)
    torch.save(model.state_dict(), tmp_path / "bare.pt")
    with pytest.raises(ValueError, match="state_dict leaves the connections out"):
        read(tmp_path / "bare.pt")


def test_the_documented_way_to_save_a_network(
    trained: tuple[Any, Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, bits, sums = trained
    page = (PEERS.parents[1] / "docs" / "interchange.md").read_text()
    example = next(block for block in re.findall(r"```python\n(.*?)```", page, re.S) if "LogicLayer" in block)
    monkeypatch.chdir(tmp_path)
    exec(example, {"model": model})
    found = read("net.safetensors")
    assert found.circuit.n_inputs == 30
    assert found.head == GroupSum(5)
    assert np.array_equal(found.head.decode(found.circuit.evaluate(bits.astype(np.uint8))), sums)


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_difflogic_c(difflogic: Any, trained: tuple[Any, Any, Any], width: int, tmp_path: Path) -> None:
    model, bits, sums = trained
    (tmp_path / "net.c").write_text(difflogic.CompiledLogicNet(model, num_bits=width).get_c_code())
    found = read(tmp_path / "net.c")
    assert found.head == GroupSum(5)
    assert (found.circuit.n_inputs, found.circuit.n_gates) == (30, 64 + 90 + 60)
    model = model_of(found, "test/net", summary="Read from C", licence="MIT")
    answer = model(bits.astype(np.int16).ravel())
    assert np.array_equal(answer.counts, sums)
    assert np.array_equal(answer.classes, sums.argmax(axis=1))


@pytest.fixture(scope="module")
def torchlogix() -> Any:
    """Its module of circuits. One string nests quotes as only Python 3.12 can read: others go there."""
    pytest.importorskip("torch")
    path = PEERS / "torchlogix" / "circuit.py"
    if not path.is_file():
        pytest.skip("torchlogix is not installed: run `make peers`")
    start, end = '{"" if pack_bits is None else f"""', '}}"""}"""'
    head, found, rest = path.read_text().partition(start)
    middle, also, tail = rest.partition(end)
    if not (found and also):
        pytest.skip("this torchlogix has no such string: its module imports, or is another")
    module = ModuleType("torchlogix_circuit")
    sys.modules[module.__name__] = module
    source = head + start.replace('f"""', "f'''") + middle + end.replace('}"""', "}'''", 1) + tail
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


def random_circuit(module: Any, seed: int) -> Any:
    """Every operation; bits out, or sums with all kinds of tau and beta; simplified now and then."""
    rng = np.random.default_rng(seed)
    n_inputs, n_gates = int(rng.integers(1, 8)), int(rng.integers(3, 40))
    gates = []
    for node in range(n_inputs, n_inputs + n_gates):
        op = list(module.GateOp)[rng.integers(0, len(module.GateOp))]
        a, b = (int(x) for x in rng.integers(0, node, 2))
        if op.name in ("WIRE", "NOT"):
            b = -1
        gates.append(module.Gate(node, op, *((-1, -1) if op.name.startswith("CONST") else (a, b))))
    circuit = module.Circuit(n_inputs, [n_inputs], gates)
    nodes = n_inputs + n_gates
    if seed % 4 == 0:
        circuit.outputs = [int(x) for x in rng.integers(0, nodes, 6)]
    for k in range(3 if seed % 4 else 0):
        ids = [int(x) for x in rng.integers(0, nodes, 5 + (k if seed % 8 == 1 else 0))]
        tau, beta = [(1.0, 0.0), (1.0, 2.0), (8.0, 0.5)][seed % 4 - 1]
        circuit.sum_nodes.append(module.SumReduction(nodes + k, ids, tau, beta))
        circuit.outputs.append(nodes + k)
    circuit.output_shape = [len(circuit.outputs)]
    if seed % 3 == 0:
        circuit.simplify()
    return circuit


@pytest.mark.parametrize("seed", range(24))
def test_torchlogix_in_every_form(torchlogix: Any, seed: int, tmp_path: Path) -> None:
    import torch

    circuit = random_circuit(torchlogix, seed)
    bits = np.random.default_rng(seed).integers(0, 2, (40, circuit.n_inputs)).astype(np.uint8)
    expected = circuit(torch.from_numpy(bits.astype(bool))).numpy().astype(float)
    circuit.write_json(str(tmp_path / "net.json"))
    for width in (None, 8, 16, 32, 64):
        for inline in (False, True):
            (tmp_path / f"net{width}{inline}.c").write_text(circuit.get_c_code(inline, width))
    if not circuit.sum_nodes:
        circuit.write_to_aiger_file(str(tmp_path / "net.aig"))
    for path in tmp_path.iterdir():
        found = read(path)
        values = found.circuit.evaluate(bits).astype(float)
        if found.head is not None:
            counts = found.head.decode(found.circuit.evaluate(bits))
            values = (counts + min(s.beta for s in circuit.sum_nodes)) / circuit.sum_nodes[0].tau
        assert np.array_equal(values.astype(np.float32), expected.astype(np.float32)), path.name
