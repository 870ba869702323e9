"""The card (`README.md`) of a model, made from its config and records: nobody types a number into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.config import Config

Row = list[str]


def make_card(config: Config, files: Mapping[str, bytes], front_matter: str | None = None) -> str:
    """Markdown for people, with the front matter that model hubs read.

    Args:
        config: The model's config.
        files: Content by name; `record.json`, if it is there, gives the measured numbers.
        front_matter: YAML that says more to a hub (see `zoo.hub.card`); the least when None.
    """
    parts = [
        f"---\n{front_matter or _front_matter(config)}\n---",
        f"# {config.id}\n\n{config.summary}",
        f"## Use\n\n```python\n{_use(config)}\n```",
        "## What it is\n\n" + table(["part", "value"], facts(config)),
    ]
    if "record.json" in files:
        parts += ["## Measured\n\nFrom `record.json`.", *_sections(json.loads(files["record.json"]))]
    parts += [_training(config, files), _licence(config)]
    return "\n\n".join(parts) + "\n"


def table(head: Row, rows: list[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _use(config: Config) -> str:
    """How to run the model."""
    load = f'model = zoo.load("{_where(config)}")'
    if config.frontend.kind == "counter_bits":
        frames = min(1 << config.frontend.width, 60 * config.frontend.rate)
        sound = f"answer = model(np.zeros({frames}, np.int16))  # it only counts the samples"
        return f"import numpy as np\nimport zoo\n\n{load}\n{sound}"
    if config.frontend.kind != "raw_bits":
        return f'import zoo\n\n{load}\nanswer = model("recording.wav")'
    shape = f"bool (frames, {config.circuit.inputs})"
    return (
        f"import zoo\nfrom zoo.frontends import samples_of_bits\n\n{load}\n"
        f"answer = model(samples_of_bits(bits))  # bits: {shape}"
    )


def _where(config: Config) -> str:
    """What loads the model: its id when it is bundled, else the path of its folder."""
    group, _, name = config.id.partition("/")
    return f"path/to/{name}" if group == "local" else config.id


def _front_matter(config: Config) -> str:
    tags = ["logic-gates", "audio", *([config.task.partition("@")[0]] if config.task else [])]
    return f"library_name: difflogic-zoo\nlicense: {config.licence.lower()}\ntags: [{', '.join(tags)}]"


def facts(config: Config) -> list[Row]:
    """Name and value of each part, as Markdown."""
    shape, frontend, head = config.circuit, config.frontend, config.head
    lanes = f"lanes ({shape.lane_words} words of {shape.lane_width} gates)"
    wiring = "random" if shape.lane_words is None else lanes
    return [
        ["task", config.task or "none"],
        ["front end", _call(frontend.kind, frontend.model_dump(exclude={"kind"}))],
        [
            "circuit",
            f"{shape.inputs} inputs, {shape.gates} gates, {shape.outputs} outputs, "
            f"{shape.registers} registers",
        ],
        ["wiring", wiring],
        ["head", _call(head.kind, head.model_dump(exclude={"kind"}))],
        *([["classes", ", ".join(config.classes)]] if config.classes else []),
        ["circuit digest", f"`{shape.sha256}`"],
    ]


def _call(kind: str, params: Mapping[str, Any]) -> str:
    return f"`{kind}({', '.join(f'{name}={_plain(value)}' for name, value in params.items())})`"


def _plain(value: object) -> str:
    """A value as a cell: floats short, nested values as JSON."""
    if value is None:
        return "not recorded"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_plain(item) for item in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def _sections(record: Mapping[str, Any]) -> list[str]:
    """Each entry of a record as a table; single values together in one."""
    single = [[name, _plain(value)] for name, value in record.items() if not isinstance(value, dict | list)]
    sections = [table(["entry", "value"], single)] if single else []
    for name, value in record.items():
        rows = _rows(value)
        if rows:
            sections.append(f"### {name}\n\n" + _grid(rows))
        elif isinstance(value, dict | list) and value:
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            sections.append(
                f"### {name}\n\n" + table(["entry", "value"], [[str(k), _plain(v)] for k, v in pairs])
            )
    return sections


def _grid(rows: list[tuple[str, dict[str, Any]]]) -> str:
    """Labelled rows as a table, the narrower way round."""
    labels = [label for label, _ in rows]
    columns = list(dict.fromkeys(column for _, row in rows for column in row))
    cells = [[_plain(row[column]) if column in row else "" for column in columns] for _, row in rows]
    if len(columns) > max(6, len(rows)):
        labels, columns, cells = columns, labels, [list(line) for line in zip(*cells, strict=True)]
    return table(["", *columns], [[label, *line] for label, line in zip(labels, cells, strict=True)])


def _rows(value: object) -> list[tuple[str, dict[str, Any]]]:
    """Labelled rows, where the value is a collection of objects."""
    if isinstance(value, dict) and value and all(isinstance(v, dict) for v in value.values()):
        return [(str(name), row) for name, row in value.items()]
    if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
        return [(str(number), row) for number, row in enumerate(value, 1)]
    return []


def _training(config: Config, files: Mapping[str, bytes]) -> str:
    if config.training is None:
        return "## Training\n\nThis model was not trained."
    rows = [[name, f"`{value}`"] for name, value in config.training.model_dump().items() if value is not None]
    logs = [name for name in ("training.json", "training.csv", "training.png") if name in files]
    beside = f"\n\nThe record of the run: {', '.join(f'[{name}]({name})' for name in logs)}." if logs else ""
    return "## Training\n\n" + table(["entry", "value"], rows) + beside


def _licence(config: Config) -> str:
    text = f"## Licence and sources\n\nThe model: {config.licence}."
    if not config.sources:
        return text + " It learned from no recordings of other people."
    rows = [[s.title, s.authors, s.licence, s.origin] for s in config.sources]
    return f"{text} It learned from:\n\n" + table(["recordings", "authors", "licence", "origin"], rows)
