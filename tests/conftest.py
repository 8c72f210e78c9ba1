"""How every test runs."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from support.postgres import put_away

# A busy machine is no fault of the code's; how long things take is the benches' business.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def databases() -> Iterator[None]:
    """After everything else of a test has ended, its databases are there for the next."""
    yield
    put_away()
