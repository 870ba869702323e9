"""Train what was tried of the onset network, and write down how each does on validation.

python scripts/study_onset.py [NAME ...]    all of them, or these; what the record holds already stays

Only training and validation clips are heard. docs/onset-results.md shows the record (docs/records/onset-choices.json).
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from tasks.recipes.onset import SIZES
from tasks.training.recipe import LayerRecipe, OnsetRecipe

RECORD = Path(__file__).parents[1] / "docs" / "records" / "onset-choices.json"
STEPS, SEED = 2_000, 1


def _layers(*gates: int) -> tuple[LayerRecipe, ...]:
    return tuple(LayerRecipe(n) for n in gates)


BASE = replace(SIZES["standard"], steps=STEPS, beats=True)
TRIED: dict[str, tuple[str, OnsetRecipe]] = {
    "plain": ("standard size, plain clips alone", replace(BASE, beats=False)),
    "beats": ("standard size, plain clips and beats: the base of all below", BASE),
    "noise": ("noise on the logits", replace(BASE, noise=0.5)),
    "wide": ("twice as wide", replace(BASE, bits=1024, layers=_layers(4096, 3072, 3072))),
    "bits": ("twice the bits", replace(BASE, bits=1536)),
    "reach": (
        "the front end looks back twice as far",
        replace(BASE, frontend=BASE.frontend | {"lags": (1, 2, 4, 8, 16, 32), "peaks": (4, 12, 24, 48)}),
    ),
    "deep": ("five layers", replace(BASE, layers=_layers(2048, 2048, 1536, 1536, 1536))),
    "deeper": ("seven layers", replace(BASE, layers=_layers(2048, 2048, 2048, 1536, 1536, 1536, 1024))),
    "batch": ("batches of 1,024", replace(BASE, batch=1024)),
}


def measure(recipe: OnsetRecipe) -> dict[str, Any]:
    """Train with the first seed; F of the best step, of both kinds of validation clips with one head."""
    from rich.console import Console

    from tasks.metrics import score_clip, summarise
    from tasks.onset import BESIDE, PercussiveOnset
    from tasks.run_training import run_settings
    from tasks.training.onset_learner import make_learner
    from tasks.training.trainer import Trainer

    heard, both = PercussiveOnset().for_recipe(recipe), PercussiveOnset().with_beats()
    learner = make_learner(heard, recipe, SEED, "cpu")
    judge = make_learner(both, recipe, SEED, "cpu") if not recipe.beats else learner
    learner.val, learner.onsets = judge.val, judge.onsets
    with tempfile.TemporaryDirectory() as folder:
        outcome = Trainer(learner, Path(folder), run_settings(recipe, SEED), console=Console(stderr=True)).run()
    head, frontend = learner.choose().head, recipe.make_frontend()
    clips, scores = both.load("val"), learner.val.split(learner.scores(learner.val.features))
    found = [
        score_clip(clip.onsets, (head.stream().answer(score)[1] + 1) * frontend.hop / frontend.rate, clip.seconds)
        for clip, score in zip(clips, scores, strict=True)
    ]
    plain = len(PercussiveOnset().load("val"))
    return {
        "clips": [split for part in ("train", "val") for split in ((part, BESIDE[part]) if recipe.beats else (part,))],
        "gates": sum(layer.gates for layer in recipe.layers),
        "best_step": outcome.best_step,
        "f_25ms": outcome.best["f_25ms"],
        "val_50ms": summarise(found[:plain])["f_50ms"],
        "beats_50ms": summarise(found[plain:])["f_50ms"],
    }


def main() -> None:
    """Measure what is asked for and not in the record; write after each."""
    import torch

    from zoo.atomic import write_file

    torch.set_num_threads(1)  # sums in one order
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {"schema": "choices/1", "runs": []}
    for name in sys.argv[1:] or TRIED:
        if any(run["name"] == name for run in record["runs"]):
            continue
        what, recipe = TRIED[name]
        record["runs"].append({"name": name, "what": what, "seed": SEED, "recipe": recipe.to_json(), **measure(recipe)})
        order = list(TRIED)
        record["runs"].sort(key=lambda run: order.index(run["name"]))
        write_file(RECORD, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
