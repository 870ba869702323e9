"""C++: a class in a header, the C sources, CMake and an example."""

from exporters.hosts.host import Host, Wrapped, templates


def _files(wrapped: Wrapped) -> dict[str, str]:
    sources = {f"src/{name}": text for name, text in wrapped.sources.items()}
    return sources | templates("cpp", wrapped.words())


CPP = Host(
    "cpp",
    _files,
    "Build its example with `cmake -B build && cmake --build build`, or add @{name}.hpp and src/ to yours.",
)
