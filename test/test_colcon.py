"""The package as colcon installs it: all files are there, and a node starts from there."""

import os
from pathlib import Path
import shutil
import subprocess
import sys
from urllib.request import urlopen

import pytest

from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.run_dir import url_of
from test.harness import TIMEOUT
from test.up import wait

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = 'flywheel_nodes'
SOURCES = (PACKAGE, 'launch', 'config', 'resource', 'package.xml', 'setup.py', 'setup.cfg')


class Space:
    """An install space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = folder / PACKAGE

    @property
    def share(self) -> Path:
        return self.prefix / 'share' / PACKAGE

    def command(self, *argv: str) -> list[str]:
        """Return a command that runs with the install space sourced, as a user does."""
        return ['bash', '-c', 'source "$0" && exec "$@"', str(self.folder / 'setup.bash'), *argv]


@pytest.fixture(scope='module')
def space(tmp_path_factory: pytest.TempPathFactory) -> Space:
    """Build a copy of the package, with a robot that the checkout does not have."""
    pytest.importorskip('colcon_core', reason='colcon is not installed')
    folder = tmp_path_factory.mktemp('workspace')
    copy = folder / 'src' / PACKAGE
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(source, copy / name)
    robot = (ROOT / 'config/robots/sim.yaml').read_text(encoding='utf-8')
    (copy / 'config/robots/installed_only.yaml').write_text(
        robot.replace('robot: sim', 'robot: installed_only'), encoding='utf-8')
    done = subprocess.run(
        [sys.executable, '-m', 'colcon', '--log-base', 'log', 'build', '--event-handlers',
         'console_direct+'], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Space(folder / 'install')


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob('*')
            if path.is_file() and '__pycache__' not in path.parts}


@pytest.mark.parametrize('folder', ['launch', 'config'])
def test_shared_files_are_installed(space: Space, folder: str) -> None:
    assert files_below(ROOT / folder) <= files_below(space.share / folder)


def test_every_file_of_the_python_package_is_installed(space: Space) -> None:
    site = next(space.prefix.glob('lib/python3*/site-packages'))
    assert files_below(ROOT / PACKAGE) == files_below(site / PACKAGE)


def test_ros_finds_the_package_and_its_executables(space: Space) -> None:
    index = space.prefix / 'share/ament_index/resource_index/packages' / PACKAGE
    assert index.is_file()
    assert (space.share / 'package.xml').is_file()
    folder = space.prefix / 'lib' / PACKAGE
    names = {path.name for path in folder.iterdir() if os.access(path, os.X_OK)}
    assert names == {'flywheel', *(process.name for process in PROCESSES)}


def test_code_and_config_come_from_the_install_space(space: Space) -> None:
    script = ('from flywheel_nodes.effects import config_files as c; '
              'print(c.__file__); print(c.share_dir()); print(*c.robot_names())')
    done = subprocess.run(space.command(sys.executable, '-c', script), capture_output=True,
                          text=True, check=True, cwd=space.folder)
    module, share, robots = done.stdout.splitlines()
    assert Path(module).is_relative_to(space.prefix)
    assert Path(share) == space.share != share_dir()
    assert 'installed_only' in robots.split()


def test_a_node_starts_from_the_install_space(space: Space, tmp_path: Path,
                                              namespace: str) -> None:
    executable = space.prefix / 'lib' / PACKAGE / 'health_exporter'
    data_dir, path = tmp_path / 'data', tmp_path / 'log'
    with path.open('w') as log:
        node = subprocess.Popen(
            space.command(str(executable), '--ros-args', '-r', f'__ns:={namespace}', '-p',
                          'robot:=installed_only', '-p', f'data_dir:={data_dir}', '-p', 'port:=0'),
            stdout=log, stderr=log, cwd=space.folder)

    def url() -> str:
        assert node.poll() is None, path.read_text()
        return url_of(data_dir, 'health_exporter')
    try:
        wait(url, 'health_exporter to be up')
        with urlopen(url().replace('/metrics', '/livez')) as answer:
            assert answer.status == 200
    finally:
        node.terminate()
        assert node.wait(TIMEOUT) == 0
