"""What is shown of a download, to a person and to a log."""

from __future__ import annotations

import io
import sys
import warnings

import pytest

from zoo import HubNote
from zoo.hub import progress
from zoo.hub.notes import note
from zoo.hub.progress import Progress


def show(monkeypatch: pytest.MonkeyPatch, quiet_s: float, terminal: bool) -> str:
    """What stderr gets of a download of 2 MB in two steps."""
    shown = io.StringIO()
    shown.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_QUIET_S", quiet_s)
    with Progress("me/mine@c0ffee00", 2_000_000) as running:
        running.advance(500_000)
        running.advance(1_500_000)
    monkeypatch.undo()
    return shown.getvalue()


def test_what_is_quick_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show(monkeypatch, 60.0, terminal=True) == ""


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show(monkeypatch, 0.0, terminal=False) == "me/mine@c0ffee00: 0.5 of 2.0 MB\n"


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show(monkeypatch, 0.0, terminal=True)
    assert "me/mine@c0ffee00" in shown
    assert "2.0/2.0 MB" in shown


def test_the_user_may_want_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    assert show(monkeypatch, 0.0, terminal=True) == ""


def test_a_note_stands_where_the_caller_is() -> None:
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        note("moved")
    (warning,) = noted
    assert (warning.category, warning.filename) == (HubNote, __file__)
