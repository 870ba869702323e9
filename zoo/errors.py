"""The family of errors that carry one clear message: the command line prints them and exits with 1."""

from __future__ import annotations


class ZooError(Exception):
    """Something the caller gave is wrong; the message says what, where, and how to mend it."""


class CircuitError(ZooError, ValueError):
    """An array of a circuit breaks a rule; the message names array, index, expected and found."""


class AudioError(ZooError, ValueError):
    """A recording or an array of samples cannot be used."""


class UnknownModelError(ZooError, KeyError):
    """No model has this id and no folder has this path."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0])


class MissingExtraError(ZooError, ImportError):
    """An optional package is needed; the message says which extra to install. Exit code 2."""


class HubError(ZooError):
    """A model could not be had from a hub; the message says why and what to do.

    Args:
        message: What, where, how to mend it.
        kind: `missing` (the hub has none, or hides it), `lacking` (it has the model, but not this revision or
            what was asked for besides), `denied` (it wants a token, or another one),
            `unreachable` (no network, or no hub there), `offline` (the network may not be used), or
            `wrong` (the hub's answer is not what it must be).
    """

    def __init__(self, message: str, kind: str = "wrong") -> None:
        super().__init__(_printable(message))
        self.kind = kind


class HubNote(UserWarning):
    """Something worth knowing about a model that was got: offline, moved, not in the index."""


class SignatureError(ZooError):
    """A signature is missing, bad, or of a key that is not trusted, where one is needed."""


class ModelError(ZooError, ValueError):
    """A model folder is refused.

    Args:
        path: The file or folder at fault.
        what: The thing in it that is wrong.
        expected: What should stand there.
        found: What stands there.
        mend: How to put it right.
    """

    def __init__(self, path: object, what: str, expected: object, found: object, mend: str) -> None:
        parts = f"{path}: {what}: expected {_short(expected)}, found {_short(found)}."
        super().__init__(f"{_printable(parts)} {mend}")
        self.path = path
        self.what = what
        self.expected = expected
        self.found = found
        self.mend = mend


class FormatError(ZooError, ValueError):
    """A circuit in another tool's format is refused.

    Args:
        path: The file at fault.
        line: The line, counted from 1; None where the file has no lines there.
        what: The thing in it that is wrong.
        expected: What should stand there.
        found: What stands there.
        mend: How to put it right.
    """

    def __init__(
        self, path: object, line: int | None, what: str, expected: object, found: object, mend: str
    ) -> None:
        where = path if line is None else f"{path}:{line}"
        parts = f"{where}: {what}: expected {_short(expected)}, found {_short(found, 80)}."
        super().__init__(f"{_printable(parts)} {mend}")
        self.path = path
        self.line = line
        self.what = what


def _short(value: object, limit: int = 400) -> str:
    text = str(value)
    return text if len(text) <= limit else text[:limit] + "..."


def _printable(text: str) -> str:
    """One line without control characters: names and values may come from a hostile file."""
    return "".join(c if c.isprintable() else "?" for c in text)
