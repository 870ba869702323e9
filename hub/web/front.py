"""The front page: every model that may be seen, in one table to search and filter."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from hub.catalog import Holding, Listed
from hub.web.html import Html, element, join
from hub.web.layout import a, chips, day, div, h1, p, page, small, span, table, td, th, tr

PAGE = 100  # models on a page
MAX_CHOICES = 200  # tasks or targets to choose from
NOTE = "Cycles of a hop, on an emulated Cortex-A8 and a simulated PRU: no board was measured."
EMULATED = {"cortex-a8": "A8 cycles", "pru": "PRU cycles"}  # the targets with a column


@dataclass(frozen=True)
class Wanted:
    """What a visitor asks for.

    Args:
        search: Words, each of which must be in the name, the summary or a tag.
        task: Without its version; empty for any.
        target: Empty for any.
        page: From 0.
    """

    search: str = ""
    task: str = ""
    target: str = ""
    page: int = 0

    def fits(self, listed: Listed) -> bool:
        """Whether a model is among what is asked for."""
        holding = listed.holding
        text = " ".join((listed.repo.id, holding.summary, *holding.tags)).lower()
        return (
            all(word in text for word in self.search.lower().split())
            and self.task in ("", task_of(holding))
            and (not self.target or self.target in holding.targets)
        )


def task_of(holding: Holding) -> str:
    """The task without its version."""
    return holding.task.partition("@")[0]


def front_page(models: list[Listed], wanted: Wanted) -> bytes:
    """The page of all models that may be seen, as asked for."""
    found = sorted((listed for listed in models if wanted.fits(listed)), key=lambda listed: listed.repo)
    first = wanted.page * PAGE
    count = f"{len(found)} of {len(models)} models" if len(found) < len(models) else f"{len(models)} models"
    lead = p(f"{count}, each a network of two-input logic gates.", class_="lead")
    shown = _table(found[first : first + PAGE]) if found else p("Nothing fits. ", a("Show all", href="/"))
    priced = p(NOTE, class_="quiet") if any(listed.holding.cycles for listed in found) else None
    return page(
        "Models",
        h1("Models"),
        lead,
        _form(models, wanted),
        div(shown, class_="box wide"),
        priced,
        _pages(found, wanted),
    )


def _form(models: list[Listed], wanted: Wanted) -> Html:
    tasks = sorted({task_of(listed.holding) for listed in models} - {""})[:MAX_CHOICES]
    targets = sorted({target for listed in models for target in listed.holding.targets})[:MAX_CHOICES]
    search = element(
        "input", type="search", name="search", value=wanted.search, placeholder="Search", aria_label="Search"
    )
    return element(
        "form",
        search,
        _select("task", "any task", tasks, wanted.task),
        _select("target", "any target", targets, wanted.target),
        element("button", "Show"),
        method="get",
        action="/",
    )


def _select(name: str, every: str, choices: list[str], chosen: str) -> Html:
    options = [element("option", every, value="")]
    options += [element("option", choice, value=choice, selected=choice == chosen) for choice in choices]
    return element("select", *options, name=name, aria_label=name)


def _table(models: list[Listed]) -> Html:
    priced = [target for target in EMULATED if any(target in listed.holding.cycles for listed in models)]
    cycles = [EMULATED[target] for target in priced]
    columns = ["model", "task", "result", "gates", *cycles, "licence", "targets", "changed"]
    numbers = {"result", "gates", *cycles}
    head = tr(*(th(name, class_="number" if name in numbers else None, scope="col") for name in columns))
    rows = [_row(listed, priced) for listed in models]
    return table(element("thead", head), element("tbody", *rows), class_="models")


def _row(listed: Listed, priced: list[str]) -> Html:
    repo, holding = listed.repo, listed.holding
    name = a(repo.id, href=f"/{repo.address}", class_="name")
    private = span("private", class_="chip") if listed.settings.private else None
    cycles = [_number(EMULATED[target], number(holding.cycles.get(target))) for target in priced]
    return tr(
        td(name, " ", private, small(holding.summary) if holding.summary else None),
        td(task_of(holding) or None, data_label="task"),
        _number("result", result(holding)),
        _number("gates", number(holding.gates)),
        *cycles,
        td(holding.licence or None, data_label="licence"),
        td(chips(holding.targets), data_label="targets"),
        td(day(holding.modified), data_label="changed", class_="date"),
    )


def _number(label: str, shown: Html | str) -> Html:
    return td(shown or None, class_="number", data_label=label)


def result(holding: Holding) -> Html:
    """The main metric, from the least to the most of the test sets, with its name."""
    if not holding.scores:
        return Html()
    low, high = (score(f(holding.scores.values())) for f in (min, max))
    scores = low if low == high else f"{low} to {high}"
    return join(
        element("span", scores), small(holding.metric + ("" if holding.better else ", less is better"))
    )


def score(value: float) -> str:
    """A metric, three digits after the point or three that say something."""
    return f"{value:.3f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def number(value: float | None) -> str:
    """A count with thousands apart; nothing where none is known."""
    return "" if value is None else f"{value:,.0f}"


def _pages(found: list[Listed], wanted: Wanted) -> Html | None:
    last = (len(found) - 1) // PAGE
    if last < 1:
        return None
    asked = {"search": wanted.search, "task": wanted.task, "target": wanted.target}
    links = []
    for number_ in range(last + 1):
        link = a(number_ + 1, href="/?" + urlencode({**asked, "p": number_}))
        links.append(join(span(number_ + 1, class_="chip") if number_ == wanted.page else link, " "))
    return p(*links)
