"""Files that people write: found, read, or refused with one line that says where."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import check_stop_bound, Robot
from flywheel_nodes.effects.config_files import (
    default_data_dir,
    load_robot,
    read_if_there,
    read_yaml,
    robot_names,
    share_dir,
)


def line_of(error: pytest.ExceptionInfo[ConfigError]) -> str:
    assert '\n' not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize('name', robot_names())
def test_every_robot_that_comes_with_us_loads(name: str) -> None:
    robot = load_robot(name)
    assert robot.robot == name
    check_stop_bound(robot, 0.3)


def test_an_unknown_robot_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError) as error:
        load_robot('hal')
    assert "unknown robot 'hal'" in line_of(error) and 'sim' in line_of(error)


def test_a_robot_of_ones_own_is_given_by_path(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('{robot: mine, adapter: sim, model: m, embodiment: arm}', encoding='utf-8')
    assert load_robot(str(path)) == Robot('mine', 'sim', 'm', 'arm')


@pytest.mark.parametrize(('content', 'needles'), [
    ('robot: x', ['adapter is missing']),
    ('', ['a mapping']),
    ('robot: [', ['mine.yaml:1: not valid YAML']),
    ('a: 1\nb: }', ['mine.yaml:2: not valid YAML']),
    ('when: 2001-99-99', ['mine.yaml: not valid YAML', 'month']),
    ('a: ' + '[' * 3000, ['mine.yaml: not valid YAML']),
    ('n: ' + '9' * 5000, ['mine.yaml: not valid YAML']),
    ('a: !!python/object/apply:os.system [ls]', ['mine.yaml:1: not valid YAML'])])
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, content: str,
                                              needles: list[str]) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(content, encoding='utf-8')
    with pytest.raises(ConfigError) as error:
        load_robot(str(path))
    assert all(needle in line_of(error) for needle in needles), line_of(error)


def test_files_that_are_absent_or_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='No such file'):
        read_yaml(tmp_path / 'absent.yaml')
    with pytest.raises(ConfigError, match='Is a directory'):
        read_yaml(tmp_path)
    (tmp_path / 'binary.yaml').write_bytes(b'\xff\xfe\x00\x80')
    with pytest.raises(ConfigError, match=r'binary\.yaml: not valid YAML'):
        read_yaml(tmp_path / 'binary.yaml')


def test_a_file_that_may_be_absent_is_empty_then(tmp_path: Path) -> None:
    assert read_if_there(tmp_path / 'absent') == ''
    (tmp_path / 'there').write_text('text')
    assert read_if_there(tmp_path / 'there') == 'text'
    for path, says in ((tmp_path / ('x' * 300), 'File name too long'), (tmp_path, 'directory')):
        with pytest.raises(ConfigError, match=says):
            read_if_there(path)


@given(text=st.text())
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory,
                                     text: str) -> None:
    path = tmp_path_factory.getbasetemp() / 'any.yaml'
    path.write_bytes(text.encode('utf-8', 'surrogatepass'))
    try:
        read_yaml(path)
    except ConfigError as error:
        assert str(path) in str(error)


def test_data_lies_where_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_DATA_HOME', '/data')
    assert default_data_dir('sim') == Path('/data/flywheel/sim')
    assert default_data_dir('/etc/robots/mine.yaml') == Path('/data/flywheel/mine')
    monkeypatch.delenv('XDG_DATA_HOME')
    assert default_data_dir('sim') == Path.home() / '.local' / 'share' / 'flywheel' / 'sim'


def test_the_share_folder_is_the_checkout() -> None:
    assert (share_dir() / 'config' / 'robots' / 'sim.yaml').is_file()
