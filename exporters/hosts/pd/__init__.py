"""Pure Data: `NAME~` for signals, `NAME` for messages, help patches that sound at once."""

from exporters.hosts.host import Host, Wrapped, templates
from exporters.hosts.pd.patches import help_patches


def _files(wrapped: Wrapped) -> dict[str, str]:
    sources = {f"src/{name}": text for name, text in wrapped.sources.items()}
    return sources | templates("pd", wrapped.words()) | help_patches(wrapped)


PD = Host(
    "pd",
    _files,
    "Run `make` there, then open @{name}~-help.pd in Pd.",
)
