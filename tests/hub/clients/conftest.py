"""One hub for all tests of other people's clients: each works in namespaces of its own."""

from collections.abc import Iterator

import pytest

from tests.hub.serving import Hub, serving


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with serving(tmp_path_factory.mktemp("hub") / "data") as hub:
        yield hub
