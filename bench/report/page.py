"""A benchmark as one web page that needs no other file and no network."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bench.report import figures
from bench.report.findings import Agreement, Example, Findings, Int16
from bench.report.rows import (
    INDENT,
    OVERVIEW,
    Row,
    accuracy_headings,
    accuracy_row,
    cost_rows,
    memory_text,
    overview_rows,
    share_text,
    tested_on,
)
from bench.report.style import CSS, SCRIPT
from bench.targets.base import Cost
from bench.verify import written_in
from tasks.base import Events


def write_page(findings: Findings, path: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    from zoo.atomic import write_file

    write_file(path, page(findings))


def page(findings: Findings) -> str:
    """The text of the page."""
    model = findings.model
    parts = [_tiles(findings)]
    with figures.style():
        if findings.example is not None:
            parts.append(_example(findings, findings.example))
        if findings.accuracy:
            parts.append(_accuracy(findings))
        if findings.costs:
            parts.append(_overview(findings))
        parts += [_cost(cost) for cost in findings.costs]
    if findings.agreements:
        parts.append(_agreements(findings.agreements))
    parts.append(_about(findings))
    if findings.notes:
        parts.append(
            "<section><h2>Notes</h2>" + "".join(f"<p>{escape(n)}</p>" for n in findings.notes) + "</section>"
        )
    header = f"<header><h1>{escape(model.id)}</h1><p>{escape(model.config.summary)}</p></header>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(model.id)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{CSS}</style></head>\n'
        f"<body><main>{header}\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def _tiles(findings: Findings) -> str:
    """The few numbers a reader looks for first."""
    tiles = []
    for result in findings.accuracy:
        column = next(c for c in result.task.columns if c.key == result.task.main_metric)
        tiles.append((column.text(result.metrics[column.key]), f"{column.title}, {result.what}"))
    delays = [(result.metrics.get("delay_median_ms") or 0.0, result.what) for result in findings.accuracy]
    middle, where = max(delays, default=(0.0, ""))  # the slowest set: a headline must not flatter
    if middle:
        tiles.append((f"{middle:.1f} ms", f"median delay, {where}"))
    for cost in findings.costs:
        if cost.method != "emulated":
            continue
        tiles.append((f"{cost.percent[1]:.2g} %", f"of one {cost.target}, {cost.method}"))
    tiles.append((f"{findings.model.circuit.n_gates:,}", "gates, no multiply, no float"))
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>" for value, what in tiles)
    return f'<section class="tiles">{cells}</section>'


def _example(findings: Findings, example: Example) -> str:
    """A recording to see and to hear: the page moves a line over the plot while it plays."""
    from zoo.audio import click_track

    rate, clip = findings.model.rate, example.clip
    seconds = min(figures.EXAMPLE_SECONDS, clip.seconds)
    samples, times = clip.samples[: round(seconds * rate)], example.times[example.times < seconds]
    clicks = click_track(samples, rate, times)[: len(samples)]
    sounds = _sound("as recorded", samples, rate) + _sound("with a click at every answer", clicks, rate)
    png = base64.b64encode(figures.example_figure(findings, example, seconds)).decode()
    labels = int((clip.onsets < seconds).sum())
    source = f"{escape(example.set_title)}; {escape(clip.group)}, {escape(clip.licence)}"
    return (
        "<section><h2>One recording</h2>"
        f"<p>{seconds:.1f} seconds of <i>{escape(clip.name)}</i> ({source}). Its F of {example.f:.3f} is "
        "near the median of its set: neither the best nor the worst. "
        f'<span class="label">▼</span> {labels} labelled onsets, '
        f'<span class="hit">┃</span> {len(times)} answers, each drawn at the end of its hop: '
        "the instant at which a program running the model would know.</p>"
        f'<div class="example" data-seconds="{seconds}" data-left="{figures.EXAMPLE_LEFT}" '
        f'data-right="{figures.EXAMPLE_RIGHT}"><img alt="Waveform, score and onsets" '
        f'src="data:image/png;base64,{png}"><div class="cursor"></div></div>'
        f'<div class="sounds">{sounds}</div><script>{SCRIPT}</script></section>'
    )


def _sound(title: str, samples: Int16, rate: int) -> str:
    """A player with the sound in it, without loss."""
    import soundfile

    flac = io.BytesIO()
    soundfile.write(flac, samples, rate, format="FLAC", subtype="PCM_16")
    source = f"data:audio/flac;base64,{base64.b64encode(flac.getvalue()).decode()}"
    player = f'<audio controls preload="metadata" src="{source}"></audio>'
    return f"<figure><figcaption>{title}</figcaption>{player}</figure>"


def _accuracy(findings: Findings) -> str:
    accuracy = findings.accuracy
    task, where = accuracy[0].task, tested_on(findings.model)
    plots = figures.accuracy_figure(accuracy)
    if isinstance(task.answer, Events):
        plots += figures.delay_figure(accuracy)
    table = _html_table(accuracy_headings(task), [accuracy_row(one) for one in accuracy])
    return (
        f"<section><h2>How well it does</h2><p>{where[0].upper()}{where[1:]}. "
        f'{escape(task.explanation)}</p><div class="pair">{plots}</div>{table}</section>'
    )


def _overview(findings: Findings) -> str:
    """Every target in one table; static, emulated and measured numbers each in a column of their own."""
    table = _html_table(OVERVIEW, overview_rows(findings.costs))
    plot = ""
    if findings.curves:
        beyond = [f"{c.target} refuses the next size: {c.beyond}" for c in findings.curves if c.beyond]
        plot = (
            "<p>The gates alone, against their number: the dots with a rim are this model, the lines "
            "random circuits of the same wiring behind the same front end, priced by the same tools.</p>"
            + figures.curves_figure(findings.curves)
            + "".join(f'<p class="quiet">{escape(x)}</p>' for x in beyond)
        )
    return (
        "<section><h2>What a hop costs, target by target</h2><p>Static numbers are counted from the code, "
        "emulated ones come from running it under a model of the core, measured ones from a clock. "
        f"They never share a column.</p>{table}{plot}</section>"
    )


def _cost(cost: Cost) -> str:
    headings, rows = cost_rows(cost)
    if cost.method == "measured":
        title, figure = "What it costs on this machine", figures.time_figure(cost)
    else:
        title, figure = f"What it costs on {cost.target}", figures.cycles_figure(cost)
    memory = f"<p>Memory: {memory_text(cost)}.</p>" if cost.memory is not None else ""
    quiet = "".join(f'<p class="quiet">{escape(x)}</p>' for x in (*cost.notes, f"Built by {cost.compiler}"))
    how = f"{escape(cost.device)}, {cost.mode} mode, a hop of {cost.hop} samples"
    table = _html_table(headings, rows, last_is_sum=True)
    return (
        f"<section><h2>{title} <em>{cost.method}</em></h2><p>{how}: <b>{share_text(cost)}</b>.</p>"
        f"{figure}{table}{memory}{quiet}</section>"
    )


def _agreements(agreements: list[Agreement]) -> str:
    rows = [
        (
            f"{written_in(a.target)} on {a.target}",
            a.method,
            f"{a.seconds:,.0f} s",
            "every bit equals numpy" if a.difference is None else f"DIFFERS: {a.difference}",
        )
        for a in agreements
    ]
    digests = ", ".join(sorted({a.digest for a in agreements}))
    return (
        "<section><h2>Do they agree?</h2><p>A SHA-256 over every score and hit, compared with numpy's.</p>"
        f"{_html_table(('implementation', 'runs', 'audio', 'result'), rows)}"
        f'<p class="quiet">Predictions digest: <code>{digests}</code></p></section>'
    )


def _about(findings: Findings) -> str:
    model, config = findings.model, findings.model.config
    circuit = model.circuit
    rows = [
        (
            "front end",
            f"{model.frontend.kind}: {model.frontend.n_features} features, {model.frontend.n_bits} bits",
        ),
        (
            "circuit",
            f"{circuit.n_gates:,} gates, depth {circuit.depth()}, {circuit.n_registers} registers, "
            f"{circuit.n_outputs} outputs",
        ),
        ("head", f"{model.head.kind}: {', '.join(f'{k} {v}' for k, v in model.head.params().items())}"),
        ("rate", f"{model.rate:,} Hz, an answer every {1000 * model.hop / model.rate:.2f} ms"),
        ("circuit SHA-256", circuit.digest()),
        ("task", config.task or "none"),
        ("licence", config.licence),
    ]
    if config.training is not None:
        rows.append(("made by", config.training.command))
    return f"<section><h2>The model</h2>{_html_table(None, rows)}</section>"


def _html_table(headings: Row | None, rows: Sequence[Row], last_is_sum: bool = False) -> str:
    lines = [] if headings is None else [f"<tr>{''.join(f'<th>{escape(h)}</th>' for h in headings)}</tr>"]
    for row in rows:
        kind = ' class="sum"' if last_is_sum and row is rows[-1] else ""
        kind = ' class="part"' if row[0].startswith(INDENT) else kind
        lines.append(f"<tr{kind}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>")
    return f'<div class="scroll"><table{"" if headings else " class=about"}>{"".join(lines)}</table></div>'
