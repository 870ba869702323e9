"""Names that reach generated code: checked C identifiers, never anything else."""

from __future__ import annotations

import re

from zoo.errors import ZooError

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")

# Words of C99 and C++11. `name_state` and the like are no keywords, but people also type the name by itself.
_KEYWORDS = (
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class "
    "compl const const_cast constexpr continue decltype default delete do double dynamic_cast else enum "
    "explicit export extern false float for friend goto if inline int long main mutable namespace new "
    "noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast "
    "restrict return short signed sizeof static static_assert static_cast struct switch template this "
    "thread_local throw true try typedef typeid typename union unsigned using virtual void volatile "
    "wchar_t while xor xor_eq "
)
KEYWORDS = frozenset(_KEYWORDS.split())


class ExportError(ZooError, ValueError):
    """A model cannot be exported this way; the message says why and what to do."""


def checked_name(name: str) -> str:
    """The name itself when it may stand in C and C++.

    Raises:
        ExportError: No identifier, too long, or a keyword.
    """
    if IDENTIFIER.fullmatch(name) is None or "__" in name or name in KEYWORDS:
        raise ExportError(
            f"name: expected a C identifier of 1 to 48 letters, digits and single underscores that starts "
            f"with a letter and is no keyword, found {name[:80]!r}. Choose another with --name"
        )
    return name


def default_name(model_id: str) -> str:
    """The name of a model in C: the last part of its id, with what C does not allow made an underscore."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", model_id.rpartition("/")[2]).strip("_")[:48].rstrip("_")
    if not name or not name[0].isalpha() or name in KEYWORDS:
        name = f"model_{name}"[:48].rstrip("_")
    return checked_name(name)


def comment_text(text: str) -> str:
    """Text that cannot end the C comment it stands in, nor continue a line."""
    return text.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").replace("??", "? ?")
