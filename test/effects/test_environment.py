"""What rcl would end the process for is found, and told in one line, before rcl starts."""

from pathlib import Path
import sys

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects import environment


def test_what_runs_these_tests_is_right() -> None:
    environment.check(['--ros-args', '-p', 'rate:=5.0'])


def test_a_middleware_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_pigeon_cpp')
    with pytest.raises(ConfigError, match=r'rmw_pigeon_cpp is not installed \(found: rmw_'):
        environment.check([])


def test_no_middleware_at_all_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.setattr(sys, 'prefix', str(tmp_path))
    with pytest.raises(ConfigError, match='no ROS middleware'):
        environment.check([])


def test_a_parameter_file_is_read_beforehand(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('x: [', encoding='utf-8')
    with pytest.raises(ConfigError, match=r'params\.yaml:1: not valid YAML'):
        environment.check(['--ros-args', '--params-file', str(path)])
    with pytest.raises(ConfigError, match='No such file'):
        environment.check(['--ros-args', '--params-file', str(tmp_path / 'absent.yaml')])


@pytest.mark.parametrize('flag', ['-p', '--param', '-r', '--remap'])
def test_a_rule_without_a_value_is_told_before_rcl_logs_it(flag: str) -> None:
    with pytest.raises(ConfigError, match=f'^{flag} nonsense: NAME:=VALUE is needed$'):
        environment.check(['--ros-args', flag, 'nonsense'])
