"""Each test run has a DDS domain of its own on loopback, each test a namespace of its own."""

from collections.abc import Iterator
import os
from pathlib import Path

from hypothesis import HealthCheck, settings
import pytest

from flywheel_nodes.effects.domains import Domain

# A loaded machine is no failure of a property.
settings.register_profile('flywheel', deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('flywheel')
_DOMAIN = Domain()
os.environ.update(_DOMAIN.env())

from flywheel_nodes.nodes import distro  # noqa: E402 - the domain must be set before
from test.harness import Bench  # noqa: E402
from test.interfaces import build, sources  # noqa: E402
from test.interfaces.loading import loaded  # noqa: E402

_COUNT = iter(range(1_000_000))


def pytest_unconfigure() -> None:
    """Give the domain back when everything is over."""
    _DOMAIN.close()


@pytest.fixture(scope='session', autouse=True)
def ros() -> Iterator[None]:
    """One rclpy context for all tests of a run."""
    with distro.ros():
        yield


@pytest.fixture
def namespace() -> str:
    """Return a namespace that no other test uses."""
    return f'/t{os.getpid()}_{next(_COUNT)}'


@pytest.fixture
def bench(namespace: str, tmp_path: Path) -> Iterator[Bench]:
    """Give a test nodes under test and a probe, all in its own namespace."""
    made = Bench(namespace, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope='module')
def vendor_messages() -> Iterator[Path]:
    """Let a module's tests use the vendors' message types; return the prefix they are in."""
    reason = build.missing()
    if reason:
        pytest.skip(reason)
    folder = build.prefix(sources.VENDOR)
    with loaded(folder):
        yield folder


@pytest.fixture
def husky() -> Path:
    """Return the folder of the real robot log."""
    folder = Path(__file__).resolve().parents[2] / 'shared' / 'data' / 'husky_field'
    if not folder.is_dir():
        pytest.skip('the real robot log husky_field does not lie beside this checkout')
    return folder


