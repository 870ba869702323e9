"""What a hub reads of a model: the front matter of its card, and `.eval_results/*.yaml`.

Numbers come from `record.json` alone, and a record of another circuit is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from zoo.config import Config

# The namespace under which the tasks' test sets are benchmarks.
BENCHMARKS = "difflogic-zoo"
EVAL_RESULTS = ".eval_results"

# SPDX identifiers that hubs have a word for: the same in lower case. All others are `other` with a name.
_KNOWN_LICENCES = frozenset(
    (
        *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "zlib", "unlicense", "mpl-2.0"),
        *("cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
        *("gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0"),
    )
)
# What a hub calls what a head gives; onsets and control values have no word there.
_PIPELINES = {
    "group_sum": "audio-classification",
    "positional_sample": "audio-to-audio",
    "oscillator_bank": "audio-to-audio",
}
_NO_SOUND_IN = frozenset(("counter_bits", "raw_bits"))


def front_matter(config: Config, files: Mapping[str, bytes], targets: tuple[str, ...] = ()) -> str:
    """The YAML between the dashes of a card.

    Args:
        config: The model's config.
        files: Content by name; `record.json`, if it is there, gives `model-index`, which older readers know.
        targets: Where the model has been shown to run.

    Raises:
        ModelError: `record.json` is of another circuit or task.
    """
    task = [config.task.partition("@")[0]] if config.task else []
    document: dict[str, Any] = {"library_name": "difflogic-zoo", **_licence(config.licence)}
    pipeline = pipeline_tag(config)
    if pipeline is not None:
        document["pipeline_tag"] = pipeline
    document["tags"] = list(dict.fromkeys(["logic-gates", "audio", *task, *targets]))
    results = [
        {
            "task": {"type": pipeline or task, "name": task},
            "dataset": {
                "type": f"{BENCHMARKS}/{task}",
                "name": " ".join([str(config.task), *_target(config), what]),
                "split": split,
            },
            "metrics": [{"type": metric, "value": value}],
        }
        for task, split, what, metric, value in _measured(config, files)
    ]
    if results:
        document["model-index"] = [{"name": config.id, "results": results}]
    return _dump(document).rstrip("\n")


def eval_results(config: Config, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """`.eval_results/<task>.yaml` with the main metric of every test set; nothing without a record.

    Raises:
        ModelError: `record.json` is of another circuit or task.
    """
    measured = _measured(config, files)
    target = _target(config)
    entries = [
        {
            "dataset": {"id": f"{BENCHMARKS}/{task}", "task_id": "_".join([*target, split, metric])},
            "value": value,
            "notes": f"{config.task}, {what}; measured by whoever published the model, see record.json",
        }
        for task, split, what, metric, value in measured
    ]
    return {f"{EVAL_RESULTS}/{task}.yaml": _dump(entries).encode() for task, *_ in measured[:1]}


def pipeline_tag(config: Config) -> str | None:
    """The hub's word for what the model does, where it has one."""
    if config.frontend.kind in _NO_SOUND_IN:
        return None
    if config.task is not None and config.task.startswith("vad@"):
        return "voice-activity-detection"
    return _PIPELINES.get(config.head.kind)


def _measured(config: Config, files: Mapping[str, bytes]) -> list[tuple[str, str, str, str, float]]:
    """Task, test set, what it holds, metric and value, of each set in which the main metric was measured."""
    if "record.json" not in files:
        return []
    record = json.loads(files["record.json"])
    path, again = Path("record.json"), "Measure it again: `zoo eval DIR -o DIR/record.json`."
    try:
        circuit, task = record["model"]["revision"], record["task"]["id"]
        metric, sets = record["task"]["main_metric"], dict(record["sets"])
    except (KeyError, TypeError, ValueError):
        raise ModelError(path, "record", "model, task and sets", sorted(record)[:8], again) from None
    if circuit != config.circuit.sha256:
        raise ModelError(path, "circuit", config.circuit.sha256, circuit, again)
    if task != config.task:
        raise ModelError(path, "task", config.task, task, again)
    return [
        (task.partition("@")[0], str(name), str(found.get("what", name)), str(metric), float(found[metric]))
        for name, found in sets.items()
        if isinstance(found, dict) and isinstance(found.get(metric), int | float)
    ]


def _target(config: Config) -> list[str]:
    """Which of several targets the model learned, as a list of one or none; each is its own benchmark."""
    target = config.training.target if config.training is not None else None
    return [] if target is None else [target]


def _licence(licence: str) -> dict[str, str]:
    """What a hub says of a licence."""
    if licence.lower() in _KNOWN_LICENCES:
        return {"license": licence.lower()}
    return {"license": "other", "license_name": re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-")}


def _dump(document: Any) -> str:
    """YAML for the hub.

    Raises:
        MissingExtraError: PyYAML, which only publishing needs, is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError:
        raise MissingExtraError("zoo push needs pyyaml: pip install 'difflogic-zoo[hub]'") from None
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110))
