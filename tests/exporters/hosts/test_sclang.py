"""The class in a real sclang: it compiles, is found, and renders what numpy gives."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

import zoo
from exporters.hosts import HOSTS
from tests.exporters.hosts.expected import expected_outputs
from tests.exporters.hosts.hosts import needs
from tests.exporters.hosts.supercollider_host import build
from tests.tiny import drums

pytestmark = pytest.mark.slow

SCRIPT = """\
var options = ServerOptions.new.numOutputBusChannels_(4).numInputBusChannels_(1).sampleRate_(44100);
var def = SynthDef(\\model, {{
    var in = SoundIn.ar(0);
    Out.ar(0, OnsetGates.ar(in) ++ OnsetGates.ar(in, reset: 0));
}});
OnsetGates.info.postcs;
Score([
    [0.0, ["/d_recv", def.asBytes]], [0.0, ["/s_new", \\model, 1000, 0, 0]], [{seconds}, ["/c_set", 0, 0]]
])
    .recordNRT("{folder}/score.osc", "{folder}/out.wav", "{folder}/in.wav", 44100, "WAV", "float", options,
        action: {{ "rendered".postln; 0.exit }});
"""


def test_the_class_renders_what_numpy_gives(tmp_path: Path) -> None:
    needs("sclang", "supercollider-language")
    needs("scsynth", "supercollider-server")
    model = zoo.load("bela/onset-gates")
    export = tmp_path / "export"
    HOSTS["supercollider"].export(model, export)
    build(export)
    extensions = tmp_path / "home" / ".local" / "share" / "SuperCollider" / "Extensions" / "OnsetGates"
    extensions.mkdir(parents=True)
    shutil.copy(export / "OnsetGates.so", extensions)
    shutil.copytree(export / "Classes", extensions / "Classes")
    samples = drums(3.0, 3)
    soundfile.write(tmp_path / "in.wav", (samples / 32_768).astype(np.float32), 44_100, subtype="FLOAT")
    (tmp_path / "run.scd").write_text(SCRIPT.format(folder=tmp_path, seconds=len(samples) / 44_100 + 0.05))
    environment = os.environ | {
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "home" / ".local" / "share"),
        "QT_QPA_PLATFORM": "offscreen",
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
    }
    done = subprocess.run(
        ["sclang", "run.scd"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "rendered" in done.stdout, done.stdout[-2_000:] + done.stderr[-1_000:]
    assert model.circuit.digest() in done.stdout
    found = soundfile.read(tmp_path / "out.wav", dtype="float32")[0].T[:, : len(samples)]
    for k, expected in enumerate(expected_outputs(model, samples) * 2):
        np.testing.assert_array_equal(found[k], expected)


def test_make_names_missing_headers(tmp_path: Path) -> None:
    HOSTS["supercollider"].export(zoo.load("bela/drive-gates-nano"), tmp_path / "export")
    done = subprocess.run(
        ["make", "-C", str(tmp_path / "export"), f"SC={tmp_path}"], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert done.stderr.startswith(f"No headers of SuperCollider in {tmp_path}: install supercollider-dev")
