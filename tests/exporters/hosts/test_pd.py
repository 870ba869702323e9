"""What only Pd has: objects for messages, help patches, and the objects that load any model."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import zoo
from exporters.c.names import default_name
from exporters.gatesfile import export_gates
from exporters.hosts import HOSTS
from exporters.hosts.host import Wrapped
from exporters.hosts.pd.patches import Patch
from tests.exporters.hosts import pd_host, pd_object_host
from tests.exporters.hosts.expected import expected_controls, expected_outputs
from tests.exporters.hosts.hosts import HostError, needs
from tests.exporters.hosts.pd_host import build, run_patch, run_signals
from tests.tiny import drums

BANK = "bela/violin-gates-nano"
MODELS = (
    "bela/onset-gates",
    "bela/bytebeat-42-gates",
    "bela/drum-gates-nano",
    "bela/drive-gates-nano",
    BANK,
)
FADE = 256

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _needs_pd() -> None:
    needs("pd", "puredata-core and puredata-dev")


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built objects that load any model, and the files of some."""
    needs("pd", "puredata-core and puredata-dev")
    folder = tmp_path_factory.mktemp("pd-object")
    HOSTS["pd-object"].export(zoo.load(MODELS[0]), folder)
    pd_object_host.build(folder)
    for id in MODELS:
        export_gates(zoo.load(id), folder)
    return folder


def messages_patch(box: str, *texts: str) -> str:
    """Messages to an object one after the other, its outlets printed."""
    patch = Patch()
    bang = patch.add("obj", 10, 10, "loadbang")
    order = patch.add("obj", 10, 40, "t " + "b " * (len(texts) + 1))
    unit = patch.add("obj", 10, 200, box)
    patch.wire(bang, order)
    for k, text in enumerate(texts):
        message = patch.add("msg", 10, 80, text)
        patch.wire(order, message, len(texts) - k)
        patch.wire(message, unit)
    patch.wire(unit, patch.add("obj", 10, 240, "print answer"))
    patch.wire(unit, patch.add("obj", 100, 240, "print values"), 1)
    patch.wire(order, patch.add("msg", 200, 80, "; pd quit"), 0)
    return patch.text()


def printed(said: str, name: str) -> list[str]:
    return [line.split(": ", 1)[1] for line in said.splitlines() if line.startswith(f"{name}: ")]


def test_messages_get_what_signals_get(tmp_path: Path) -> None:
    tune, drum = zoo.load("bela/bytebeat-42-gates"), zoo.load("bela/drum-gates-nano")
    for model in (tune, drum):
        HOSTS["pd"].export(model, tmp_path / default_name(model.id))
        build(tmp_path / default_name(model.id))
        shutil.copytree(tmp_path / default_name(model.id), tmp_path, dirs_exist_ok=True)
    (tmp_path / "tune.pd").write_text(messages_patch("bytebeat_42_gates", "bang", "bang", "4711", "bang"))
    said = run_patch(tmp_path, "tune.pd")
    values = tune.predict(np.zeros(5_000, np.int16)).values[[0, 1, 4711, 4712], 0]
    assert [float(text) for text in printed(said, "answer")] == [float(f"{v / 32_768:.6g}") for v in values]

    samples = drums(0.2, 3)[: 30 * drum.hop]
    lists = [" ".join(f"{x / 32_768:.10g}" for x in part) for part in np.split(samples, 30)]
    (tmp_path / "drum.pd").write_text(messages_patch("drum_gates_nano", *lists))
    said = run_patch(tmp_path, "drum.pd")
    trace = drum.predict(samples)
    assert [int(text) for text in printed(said, "answer")] == np.argmax(trace.values, axis=1).tolist()
    assert [[int(x) for x in text.split()] for text in printed(said, "values")] == trace.values.tolist()


@pytest.mark.parametrize("box", ["violin_gates_nano", "difflogic violin_gates_nano.gates"])
def test_messages_from_a_bank_are_its_sound_and_what_it_plays(box: str, loader: Path) -> None:
    model = zoo.load(BANK)
    folder = loader
    if " " not in box:
        folder = loader / "violin"
        HOSTS["pd"].export(model, folder)
        build(folder)
    samples = np.rint(9_000 * np.sin(np.arange(20 * model.hop) * 0.2)).astype(np.int16)
    lists = [" ".join(f"{x / 32_768:.10g}" for x in part) for part in np.split(samples, 20)]
    (folder / "bank.pd").write_text(messages_patch(box, *lists, "info"))
    said = run_patch(folder, "bank.pd")
    *played, model_id, digest, licence, gates, rate, hop, outputs = printed(said, "values")
    assert [[int(x) for x in text.split()] for text in played] == expected_controls(model, samples).tolist()
    sound = [[round(32_768 * float(x)) for x in text.split()] for text in printed(said, "answer")]
    assert sound == model.predict(samples).values.tolist()
    assert np.unique(sound).size > 500
    assert (model_id, digest) == (f"model {model.id}", f"digest {model.circuit.digest()}")
    assert (licence, gates) == (f"licence {model.config.licence}", f"gates {model.circuit.n_gates}")
    assert (rate, hop, outputs) == ("trained-rate 16000", "hop 128", "outputs 1")


@pytest.mark.parametrize("box", ["difflogic~ onset_gates.gates", "difflogic~ violin_gates_nano.gates"])
def test_the_signal_object_says_which_model_it_is(box: str, loader: Path) -> None:
    model = zoo.load(f"bela/{box.split()[1].split('.')[0].replace('_', '-')}")
    signals = Wrapped(model, "x", "file").signals
    patch = messages_patch(box, "info").replace(" print values;", " print outlet;")
    patch += f"#X obj 200 240 print said;\n#X connect 2 {len(signals)} 7 0;\n"
    (loader / "info.pd").write_text(patch)
    said = printed(run_patch(loader, "info.pd"), "said")
    assert said[:2] == [f"model {model.id}", f"digest {model.circuit.digest()}"]
    assert said[-1] == f"outputs {len(signals)}"


@pytest.mark.parametrize("host", ["pd", "pd-object"])
@pytest.mark.parametrize("id", MODELS)
def test_help_patches_open_and_sound(host: str, id: str, tmp_path: Path) -> None:
    HOSTS[host].export(zoo.load(id), tmp_path)
    (pd_object_host if host == "pd-object" else pd_host).build(tmp_path)
    for path in tmp_path.glob("*-help.pd"):
        patch = path.read_text()
        assert "dac~" in patch or "~" not in path.name
        quits = "#X obj 600 500 loadbang;\n#X obj 600 520 delay 300;\n#X msg 600 540 \\; pd quit;\n"
        count = patch.count("\n#X obj") + patch.count("\n#X msg") + patch.count("\n#X text")
        count += patch.count("\n#X floatatom")
        wires = f"#X connect {count} 0 {count + 1} 0;\n#X connect {count + 1} 0 {count + 2} 0;\n"
        at = patch.index("#X connect")
        (tmp_path / "opened.pd").write_text(patch[:at] + quits + patch[at:] + wires)
        said = run_patch(tmp_path, "opened.pd")
        assert "error" not in said.lower(), said


class AllOutlets(Wrapped):
    """In a box with an outlet for each output, so that what a bank plays comes as signals too."""

    @property
    def signals(self) -> list[str]:
        return self.outputs


@pytest.mark.parametrize("id", MODELS)
def test_one_object_loads_every_model(id: str, loader: Path) -> None:
    model = zoo.load(id)
    wrapped = AllOutlets(model, default_name(id), "file")
    samples = drums(2.0, 3, model.rate)
    if not wrapped.hears:
        samples[:] = 0
    box = f"difflogic~ {wrapped.name}.gates {len(wrapped.signals)}"
    sound = (samples / 32_768).astype(np.float32)
    for instance in run_signals(loader, wrapped, sound, model.rate, 64, box):
        for found, expected in zip(instance, expected_outputs(model, samples), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_another_model_fades_in_without_a_gap(loader: Path) -> None:
    """Up to some sample the first model, then a linear fade of 256 samples, then the second one."""
    old, new = zoo.load("bela/bytebeat-42-gates"), zoo.load("bela/bytebeat-trio-gates")
    export_gates(new, loader)
    wrapped = Wrapped(old, "bytebeat_42_gates", "file")
    sound = np.zeros(8_000 * 40, np.float32)
    first = "reset, open bytebeat_trio_gates.gates"
    found = run_signals(loader, wrapped, sound, 8_000, 64, "difflogic~ bytebeat_42_gates.gates", first)[0][0]
    silent = np.zeros(len(sound), np.int16)
    a, b = (expected_outputs(model, silent)[0] for model in (old, new))
    swap = int(np.argmax(found != a))  # the fade begins with the old model alone
    assert 0 < swap < len(sound) - 2 * FADE
    weight = (np.arange(FADE, 0, -1, dtype=np.float32) / np.float32(FADE)).astype(np.float32)
    starts = [start for start in range(swap - 64, swap + 1) if start >= 0 and start % 64 == 0]
    mixes = [b[:FADE] + (a[s : s + FADE] - b[:FADE]) * weight for s in starts]
    matches = [
        s for s, mix in zip(starts, mixes, strict=True) if np.allclose(found[s : s + FADE], mix, atol=1e-6)
    ]
    assert len(matches) == 1
    start = matches[0]
    np.testing.assert_array_equal(found[:start], a[:start])
    after = found[start + FADE :]
    np.testing.assert_array_equal(after, b[FADE : FADE + len(after)])


def test_a_damaged_file_is_refused_and_the_model_before_it_goes_on(loader: Path) -> None:
    model = zoo.load("bela/bytebeat-42-gates")
    data = bytearray((loader / "bytebeat_42_gates.gates").read_bytes())
    data[100] ^= 1
    (loader / "damaged.gates").write_bytes(data)
    wrapped = Wrapped(model, "bytebeat_42_gates", "file")
    sound = np.zeros(80_000, np.float32)
    box = "difflogic~ bytebeat_42_gates.gates"
    with pytest.raises(HostError, match="damaged.gates: its checksum is wrong"):
        run_signals(loader, wrapped, sound, 8_000, 64, box, "reset, open damaged.gates")
    with pytest.raises(HostError, match="nowhere.gates: cannot read it"):
        run_signals(loader, wrapped, sound, 8_000, 64, "difflogic~ nowhere.gates")
