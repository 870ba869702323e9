"""What gate networks are measured against, through the same harness.

`BASELINES` names `module:function`; each function takes a task, a seed and the data folder, learns what it
needs from training and validation clips, and gives a detector.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ZooError

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.detectors import Detector

BASELINES = {
    "random-gates": "tasks.baselines.random_gates:build",
    "spectral-flux": "tasks.baselines.spectral_flux:build",
    "causal-cnn": "tasks.baselines.float_networks:build_cnn",
    "causal-gru": "tasks.baselines.float_networks:build_gru",
    "causal-mlp": "tasks.baselines.float_networks:build_mlp",
    "majority": "tasks.baselines.class_detectors:build_majority",
    "random-classes": "tasks.baselines.class_detectors:build_random",
    "nearest": "tasks.baselines.class_detectors:build_nearest",
    "class-mlp": "tasks.baselines.float_classes:build_mlp",
    "class-cnn": "tasks.baselines.float_classes:build_cnn",
    "class-gru": "tasks.baselines.float_classes:build_gru",
    "class-gru16": "tasks.baselines.float_classes:build_gru16",
    "frontend-gru16": "tasks.baselines.float_classes:build_frontend_gru16",
    "frontend-mlp16": "tasks.baselines.float_classes:build_frontend_mlp16",
    "energy": "tasks.baselines.classical:build_energy",
    "yin": "tasks.baselines.classical:build_yin",
    "teacher": "tasks.baselines.teacher:build",
    "onset-teacher": "tasks.baselines.teacher:build_onsets",
    "identity": "tasks.baselines.effects:build_identity",
    "static-curve": "tasks.baselines.effects:build_curve",
    "filter-curve-filter": "tasks.baselines.effects:build_filters",
    "effect-gru": "tasks.baselines.effects:build_gru",
    "source": "tasks.baselines.timbre:build_source",
    "static-spectrum": "tasks.baselines.timbre:build_static",
    "random-controls": "tasks.baselines.timbre:build_random",
    "timbre-mlp": "tasks.baselines.timbre:build_mlp",
    "timbre-gru": "tasks.baselines.timbre:build_gru",
    "constant": "tasks.baselines.sound:build_constant",
    "rom": "tasks.baselines.sound:build_rom",
    "adpcm": "tasks.baselines.sound:build_adpcm",
    "random-bytebeat": "tasks.baselines.sound:build_random_bytebeat",
}


def build_baseline(name: str, task: Task, seed: int = 0, data: Path | None = None) -> Detector:
    """Make a baseline ready to evaluate.

    Raises:
        ZooError: No such baseline, or its data is not built.
    """
    if name not in BASELINES:
        raise ZooError(f"baseline {name!r}: there is none. Choose {', '.join(BASELINES)}")
    module, _, function = BASELINES[name].partition(":")
    detector: Detector = getattr(import_module(module), function)(task, seed, data)
    return detector
