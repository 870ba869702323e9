"""Train what was tried of the note onset network, and write down how each does on validation.

python -m scripts.study_notes [NAME ...]    all of them, or these; what the record holds already stays

Only training and validation clips are heard. docs/notes-results.md shows the record (docs/records/notes-choices.json).
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tasks.recipes.notes import SIZES
from tasks.training.recipe import Labels, LayerRecipe, OnsetRecipe

RECORD = Path(__file__).parents[1] / "docs" / "records" / "notes-choices.json"
STEPS, SEED = 1_500, 1
OCTAVES = (1, 2, 3, 4, 5, 6, 7, 8, 9)
PARTS = (1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 9)
MORE = (1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 7, 7, 7, 8, 8, 9)
NEAR = {"lags": (1, 2, 4, 8), "peaks": (4, 12, 24)}
FAR = {"lags": (2, 4, 8), "peaks": (6, 16, 40)}
FARTHER = {"lags": (2, 4, 8, 16), "peaks": (6, 16, 40, 80)}
BOTH = {"lags": (1, 2, 4, 8), "peaks": (6, 16, 40)}


def _frontend(shifts: tuple[int, ...], spans: tuple[int, ...], reach: dict[str, Any], hop: int = 256) -> dict[str, Any]:
    n = len(shifts)
    thirds = [round(n * part / 3) for part in range(4)]
    flux = ((0, n), *pairwise(thirds))
    return {"rate": 44_100, "hop": hop, "shifts": shifts, "floor": 64, "flux": flux, "spans": spans, **reach}


def _layers(*gates: int) -> tuple[LayerRecipe, ...]:
    return tuple(LayerRecipe(n) for n in gates)


BASE = replace(
    SIZES["standard"], frontend=_frontend(PARTS, (1, 2, 3), FAR), bits=768, layers=_layers(2048, 1536, 1536), steps=STEPS,
    labels=Labels(window=(0.3, 0.8, 1.0, 1.0, 0.7), ignore=8), frames=3,
)  # fmt: skip
DEEP = _layers(1536, 1024, 1024, 768, 768)
TRIED: dict[str, tuple[str, OnsetRecipe]] = {
    "base": ("18 bands, half and thirds of octaves; differences across 1 to 3 bands; looks back 232 ms", BASE),
    "octaves": ("9 bands, an octave each, no differences across bands", replace(BASE, frontend=_frontend(OCTAVES, (), FAR))),
    "octave-spans": ("9 bands, differences across 1 and 2", replace(BASE, frontend=_frontend(OCTAVES, (1, 2), FAR))),
    "short-hop": (
        "9 bands, hops of 2.9 ms, labels as long",
        replace(
            BASE,
            frontend=_frontend(OCTAVES, (1, 2), {"lags": (2, 4, 8, 16), "peaks": (12, 32, 80)}, hop=128),
            labels=Labels(window=(0.2, 0.4, 0.7, 1, 1, 1, 1, 1, 0.7, 0.7), ignore=16),
            frames=6,
        ),
    ),
    "no-spans": ("18 bands, no differences across bands", replace(BASE, frontend=_frontend(PARTS, (), FAR))),
    "more-bands": ("24 bands", replace(BASE, frontend=_frontend(MORE, (1, 2, 4), FAR))),
    "near": ("looks back 139 ms", replace(BASE, frontend=_frontend(PARTS, (1, 2, 3), NEAR))),
    "far-and-one": ("looks back one hop, too", replace(BASE, frontend=_frontend(PARTS, (1, 2, 3), BOTH))),
    "farther": ("looks back 464 ms", replace(BASE, frontend=_frontend(PARTS, (1, 2, 3), FARTHER))),
    "short-labels": ("labels of 4 hops", replace(BASE, labels=Labels(window=(0.5, 1.0, 1.0, 0.6), ignore=7))),
    "long-labels": ("labels of 7 hops", replace(BASE, labels=Labels(window=(0.2, 0.5, 0.8, 1, 1, 1, 0.7), ignore=9))),
    "two-frames": ("the head sums 2 frames", replace(BASE, frames=2)),
    "bits": ("twice the bits", replace(BASE, bits=1536)),
    "deep": ("five layers, as many gates", replace(BASE, layers=DEEP)),
    "long": ("twice the steps", replace(BASE, steps=2 * STEPS)),
    "long-deep": ("twice the steps, five layers", replace(BASE, steps=2 * STEPS, layers=DEEP)),
    "taught": ("twice the steps, the teacher alone", replace(BASE, steps=2 * STEPS, taught=1.0)),
    "mixed": ("twice the steps, half of each", replace(BASE, steps=2 * STEPS, taught=0.5)),
    "small": ("1,792 gates, twice the steps", replace(BASE, bits=384, layers=_layers(768, 512, 512), steps=2 * STEPS)),
    "small-deep": (
        "1,792 gates in five layers, twice the steps",
        replace(BASE, bits=384, layers=_layers(512, 384, 384, 256, 256), steps=2 * STEPS),
    ),
}


def measure(recipe: OnsetRecipe) -> dict[str, Any]:
    """Train with the first seed; F of the best step, at both tolerances."""
    from rich.console import Console

    from tasks.metrics import score_clip, summarise
    from tasks.notes import NoteOnsets
    from tasks.run_training import run_settings
    from tasks.training.onset_learner import make_learner
    from tasks.training.trainer import Trainer

    task = NoteOnsets().for_recipe(recipe)
    learner = make_learner(task, recipe, SEED, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        Trainer(learner, Path(folder), run_settings(recipe, SEED), console=Console(quiet=True)).run()
    head, scores = learner.choose().head, learner.val.split(learner.scores(learner.val.features))
    hop = recipe.make_frontend().hop
    found = []
    for clip, values in zip(task.load("val"), scores, strict=True):
        _, hits = head.stream().answer(values)
        found.append(score_clip(clip.onsets, (hits + 1) * hop / task.input.rate, clip.seconds))
    metrics = summarise(found)
    return {key: metrics[key] for key in ("f_50ms", "f_25ms")}


def main(names: list[str]) -> None:
    """Measure what the record lacks."""
    from tasks.notes import NoteOnsets
    from zoo.atomic import write_file

    digests = {split: NoteOnsets().manifest_digest(split) for split in ("train", "val")}
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if record.get("data") != digests:
        record = {"data": digests, "seed": SEED, "tried": {}}
    for name in names or TRIED:
        what, recipe = TRIED[name]
        if name not in record["tried"]:
            record["tried"][name] = {"what": what, "steps": recipe.steps, **measure(recipe)}
            print(name, record["tried"][name], flush=True)
            record["tried"] = {key: record["tried"][key] for key in TRIED if key in record["tried"]}
            write_file(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
