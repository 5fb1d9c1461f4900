"""Packages built by build.py in a process that runs already."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
import ctypes
import importlib
from pathlib import Path
import sys

import pytest

from flywheel_nodes.effects.recording import msgdefs
from test.interfaces import build


@contextmanager
def loaded(folder: Path) -> Iterator[None]:
    """
    Let a prefix be found until the end of the block: imports, definitions, type support.

    Afterwards its packages are as good as not installed: nodes that use them end before.
    """
    _preload(folder)
    site = build.site(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('AMENT_PREFIX_PATH', build.ament_path(folder))
        patch.setattr(sys, 'path', [str(site), *sys.path])
        _forget(())
        try:
            yield
        finally:
            _forget([path.name for path in site.iterdir()])


def _preload(folder: Path) -> None:
    # ROS opens type support by its bare name: the linker gives it what is loaded already.
    for library in sorted((folder / 'lib').glob('lib*.so')):
        ctypes.CDLL(str(library))


def _forget(packages: Collection[str]) -> None:
    for name in [name for name in sys.modules if name.split('.')[0] in packages]:
        del sys.modules[name]
    importlib.invalidate_caches()
    msgdefs.definition.cache_clear()
    msgdefs.type_hash.cache_clear()
