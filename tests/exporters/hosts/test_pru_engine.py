"""A Bela project whose gates run on the PRU: the real program in the simulator, behind a stand-in."""

import ctypes
import json
from pathlib import Path

import numpy as np
import pytest

import zoo
from exporters.c import ExportError
from exporters.c.build import build, host_compiler
from exporters.hosts import HOSTS
from exporters.hosts.engine import core_files, engine_files
from exporters.hosts.host import Wrapped
from exporters.pru.devices import DEVICES
from exporters.pru.mailbox import FIELDS
from exporters.pru.runner import PruModel
from exporters.pru.unit import make_pru_unit
from tests.exporters.hosts import bela_host
from tests.exporters.hosts.expected import expected_outputs
from tests.tiny import drums

STAND_IN = Path(__file__).with_name("pruss")
MAP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint, ctypes.POINTER(ctypes.c_void_p))
EXEC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
BLOCK = 16


class Board:
    """The unit of a model, its engine's library, and the simulated PRU that the library talks to."""

    def __init__(self, id: str) -> None:
        self.model = zoo.load(id)
        files = core_files("pru") | engine_files(self.model, "net", "pru")
        files |= {path.name: path.read_text() for path in STAND_IN.iterdir()}
        hooks = "#include <prussdrv.h>\nint (*stand_in_map)(unsigned int, void **);\n"
        hooks += "int (*stand_in_exec)(int, const unsigned int *, int);\n"
        flags = ("-std=gnu99", "-O1", "-fPIC", "-shared", "-I.")
        path = build(host_compiler(), flags, files | {"hooks.c": hooks}, "pru.so", ("-lm",))
        self.c = ctypes.CDLL(str(path))
        self.pru = PruModel(make_pru_unit(self.model, DEVICES["bela"], "net"))
        self.started = 0
        self._map, self._exec = MAP(self.map), EXEC(self.exec)
        for name, hook in (("stand_in_map", self._map), ("stand_in_exec", self._exec)):
            ctypes.c_void_p.in_dll(self.c, name).value = ctypes.cast(hook, ctypes.c_void_p).value
        self.c.net_engine.restype = ctypes.c_void_p
        self.c.gates_unit_size.restype = ctypes.c_size_t
        self.c.gates_unit_init.restype = ctypes.c_void_p
        engine = ctypes.c_void_p(self.c.net_engine())
        self.memory = np.zeros(self.c.gates_unit_size(engine), np.uint8)
        at = ctypes.c_void_p(self.memory.ctypes.data)
        self.unit = ctypes.c_void_p(self.c.gates_unit_init(at, engine, ctypes.c_double(self.model.rate)))
        self.outputs = self.c.gates_unit_outputs(engine)

    def map(self, ram: int, address: "ctypes._Pointer[ctypes.c_void_p]") -> int:
        simulator = self.pru.simulator
        memory = {0: simulator.data[0], 1: simulator.data[1], 4: simulator.shared}[ram]
        address[0] = memory.ctypes.data
        return 0

    def exec(self, pru: int, code: int, size: int) -> int:
        words = np.ctypeslib.as_array((ctypes.c_uint32 * (size // 4)).from_address(code))
        np.testing.assert_array_equal(words, self.pru.unit.program.words)
        self.pru.simulator.reset(self.pru.core)
        self.pru.simulator.run((self.pru.core,), until={self.pru.core: "poll"}, max_cycles=1)
        self.started += 1
        return 0

    def field(self, name: str) -> int:
        return int(self.pru.memory(self.pru.unit.mailbox.address + FIELDS[name][0], 4).view("<u4")[0])

    def work(self) -> None:
        """Let the PRU go on until it waits for the next request."""
        if self.field("REQUEST") != self.field("DONE"):
            core = self.pru.core
            self.pru.simulator.run((core,), until={core: "poll"}, max_cycles=100_000_000)

    def process(self, sound: np.ndarray, works: bool = True) -> list[np.ndarray]:
        out = [np.zeros(len(sound), np.float32) for _ in range(self.outputs)]
        for start in range(0, len(sound), BLOCK):
            part = sound[start : start + BLOCK]
            places = (ctypes.c_void_p * self.outputs)(*(x[start:].ctypes.data for x in out))
            given = ctypes.c_void_p(part.ctypes.data)
            self.c.gates_unit_process(self.unit, given, places, ctypes.c_size_t(len(part)))
            if works:
                self.work()
        return out


@pytest.mark.parametrize(
    "id", ["bela/onset-gates", "bela/drum-gates-nano", "bela/voice-gates-nano", "bela/violin-gates-nano"]
)
def test_answers_come_one_frame_later_and_are_the_same(id: str) -> None:
    """Of an oscillator bank there is the sound alone."""
    board = Board(id)
    samples = drums(1.0, 3, board.model.rate)[: 90 * board.model.hop]
    found = board.process((samples / 32_768).astype(np.float32))
    late = board.model.hop
    assert board.outputs == len(Wrapped(board.model, "net", "pru").outputs)
    wanted = expected_outputs(board.model, samples)[: board.outputs]
    for output, expected in zip(found, wanted, strict=True):
        assert len(np.unique(expected)) > 1
        np.testing.assert_array_equal(output[2 * late - 1 :], expected[late - 1 : -late])


def test_a_pru_that_does_not_keep_up_stops_no_audio() -> None:
    board = Board("bela/onset-gates")
    sound = (drums(0.5, 3) / 32_768).astype(np.float32)
    found = board.process(sound, works=False)
    assert board.field("REQUEST") == 1  # asked once, and never again before it is done
    assert not found[1].any()


def test_reset_starts_the_program_anew() -> None:
    board = Board("bela/onset-gates")
    sound = (drums(0.5, 3) / 32_768).astype(np.float32)
    first = board.process(sound)
    before = board.started
    board.c.gates_unit_set(board.unit, b"reset", ctypes.c_double(1))
    assert board.started == before + 1
    for one, other in zip(board.process(sound), first, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_project_links_what_it_needs_and_compiles(tmp_path: Path) -> None:
    HOSTS["bela"].export(zoo.load("bela/onset-gates"), tmp_path, engine="pru")
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings["CLArgs"]["make"] == "LDLIBS=-lprussdrv;"
    for path in STAND_IN.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "hooks.c").write_text(
        "#include <prussdrv.h>\nint (*stand_in_map)(unsigned int, void **);\n"
        "int (*stand_in_exec)(int, const unsigned int *, int);\n"
    )
    bela_host.build(tmp_path, flags=(f"-I{tmp_path}",))


def test_other_hosts_and_larger_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="only a Bela has that processor"):
        HOSTS["pd"].export(zoo.load("bela/onset-gates"), tmp_path, engine="pru")
    with pytest.raises(ExportError, match="does not fit the PRU"):
        HOSTS["bela"].export(zoo.load("bela/drum-gates"), tmp_path, engine="pru")
