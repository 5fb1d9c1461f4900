"""
Interface packages of our own, built by colcon: message types for which there are no wheels.

A package is a folder beside this file. What was built is kept in build/interfaces, one folder for
each state of the sources, distribution and Python.
"""

from collections.abc import Iterator, Sequence
import hashlib
import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
import tempfile

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / 'build' / 'interfaces'
WHEELS = HERE / 'wheels.cmake'
NEEDED = ('rosidl_default_generators', 'rclpy')


def missing() -> str:
    """Return why nothing can be built here, '' where it can."""
    tools = [tool for tool in ('cmake', 'make', 'c++') if not shutil.which(tool)]
    tools += [] if importlib.util.find_spec('colcon_core') else ['colcon']
    headers = Path(sysconfig.get_path('include')) / 'Python.h'
    tools += [] if headers.is_file() else [str(headers)]
    tools += [name for name in NEEDED if not _manifest(name)]
    return f'interface packages cannot be built without {", ".join(tools)}' if tools else ''


def prefix(packages: Sequence[str]) -> Path:
    """Return an install prefix with these packages, built at the first call."""
    folder = CACHE / _key(packages)
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix='.building-') as work:
            _build(packages, Path(work))
            _publish(Path(work) / 'install', folder)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which a process has to start to find a prefix."""
    site = next(folder.glob('lib/python3*/*-packages'))
    return {**os.environ,
            'AMENT_PREFIX_PATH': _path(str(folder), *_prefixes()),
            'LD_LIBRARY_PATH': _path(str(folder / 'lib'), os.environ.get('LD_LIBRARY_PATH', '')),
            'PYTHONPATH': _path(str(site), os.environ.get('PYTHONPATH', ''))}


def _build(packages: Sequence[str], work: Path) -> None:
    where = _path(*_prefixes())
    done = subprocess.run(
        [sys.executable, '-m', 'colcon', '--log-base', 'log', 'build', '--merge-install',
         '--base-paths', str(HERE), '--packages-up-to', *packages,
         '--event-handlers', 'console_direct+', '--cmake-args', '-DBUILD_TESTING=OFF',
         f'-DPython3_EXECUTABLE={sys.executable}', f'-DCMAKE_PROJECT_INCLUDE={WHEELS}'],
        cwd=work, capture_output=True, text=True, check=False,
        env={**os.environ, 'AMENT_PREFIX_PATH': where, 'CMAKE_PREFIX_PATH': where,
             'PATH': _path(str(Path(sys.executable).parent), os.environ['PATH'])})
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-10_000:]


def _publish(built: Path, folder: Path) -> None:
    try:
        built.rename(folder)
    except OSError:
        if not folder.is_dir():  # else somebody else was faster, with the same
            raise


def _key(packages: Sequence[str]) -> str:
    python = f'cp{sys.version_info.major}{sys.version_info.minor}'
    content = hashlib.sha256('\n'.join([python, sys.prefix, *_prefixes()]).encode())
    for path in _sources():
        content.update(str(path).encode() + path.read_bytes())
    return '-'.join([*sorted(packages), python, content.hexdigest()[:12]])


def _sources() -> Iterator[Path]:
    yield Path(__file__)
    yield WHEELS
    yield from (path for path in map(_manifest, NEEDED) if path)
    for package in sorted(HERE.glob('*/package.xml')):
        yield from sorted(path for path in package.parent.rglob('*') if path.is_file())


def _manifest(name: str) -> Path | None:
    paths = (Path(one) / 'share' / name / 'package.xml' for one in _prefixes())
    return next((path for path in paths if path.is_file()), None)


def _prefixes() -> list[str]:
    return [one for one in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
            if one] or [sys.prefix]


def _path(*parts: str) -> str:
    return os.pathsep.join(part for part in parts if part)
