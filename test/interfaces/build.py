"""
Interface packages of our own, built by colcon: message types for which there are no wheels.

What was built is kept in build/interfaces, one folder for each state of the sources, distribution
and Python.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import fcntl
import hashlib
import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
import tempfile

from test.interfaces import sources

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
    with _alone():
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE, prefix='.building-') as work:
                _build(packages, Path(work))
                (Path(work) / 'install').rename(folder)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which a process has to start to find a prefix."""
    return {**os.environ,
            'AMENT_PREFIX_PATH': ament_path(folder),
            'LD_LIBRARY_PATH': _path(str(folder / 'lib'), os.environ.get('LD_LIBRARY_PATH', '')),
            'PYTHONPATH': _path(str(site(folder)), os.environ.get('PYTHONPATH', ''))}


def ament_path(folder: Path) -> str:
    """Return the AMENT_PREFIX_PATH with which a prefix is found."""
    return _path(str(folder), *_prefixes())


def site(folder: Path) -> Path:
    """Return the folder of a prefix that holds its Python packages."""
    return next(folder.glob('lib/python3*/*-packages'))


@contextmanager
def _alone() -> Iterator[None]:
    """Let others wait who would build at the same time, perhaps the same."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / '.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(packages: Sequence[str], work: Path) -> None:
    where = _path(*_prefixes())
    for package in packages:
        sources.write(package, work / 'src')
    done = subprocess.run(
        [sys.executable, '-m', 'colcon', '--log-base', 'log', 'build', '--merge-install',
         '--base-paths', 'src',
         '--event-handlers', 'console_direct+', '--cmake-args', '-DBUILD_TESTING=OFF',
         f'-DPython3_EXECUTABLE={sys.executable}', f'-DCMAKE_PROJECT_INCLUDE={WHEELS}',
         f'-DCMAKE_INSTALL_RPATH={_rpath()}'],
        cwd=work, capture_output=True, text=True, check=False,
        env={**os.environ, 'AMENT_PREFIX_PATH': where, 'CMAKE_PREFIX_PATH': where,
             'MAKEFLAGS': '-j2',  # colcon's own choice waits while the machine is loaded
             'PATH': _path(str(Path(sys.executable).parent), os.environ['PATH'])})
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-10_000:]


def _rpath() -> str:
    # From a library to those beside it, from a Python extension to the libraries of its prefix.
    return ';'.join(['$ORIGIN', '$ORIGIN/../../..', *(f'{one}/lib' for one in _prefixes())])


def _key(packages: Sequence[str]) -> str:
    python = f'cp{sys.version_info.major}{sys.version_info.minor}'
    content = hashlib.sha256('\n'.join([python, sys.prefix, *_prefixes()]).encode())
    for path in _sources(packages):
        content.update(str(path).encode() + path.read_bytes())
    first, *others = sorted(packages)
    more = [f'and-{len(others)}-more'] if others else []
    return '-'.join([first, *more, python, content.hexdigest()[:12]])


def _sources(packages: Sequence[str]) -> Iterator[Path]:
    yield from (Path(__file__), Path(sources.__file__), WHEELS, sources.RULES)
    yield from (path for path in map(_manifest, NEEDED) if path)
    for package in sorted(packages):
        yield from sources.messages(package)


def _manifest(name: str) -> Path | None:
    paths = (Path(one) / 'share' / name / 'package.xml' for one in _prefixes())
    return next((path for path in paths if path.is_file()), None)


def _prefixes() -> list[str]:
    # What was built here is no part of the system: it may be in the path already.
    return [one for one in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
            if one and not Path(one).is_relative_to(CACHE)] or [sys.prefix]


def _path(*parts: str) -> str:
    return os.pathsep.join(part for part in parts if part)
