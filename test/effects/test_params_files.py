"""ROS parameter files: read as rcl reads them, refused in one line that says where."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.params_files import params_file, value


def read(folder: Path, text: str) -> dict[str, dict[str, object]]:
    path = folder / 'params.yaml'
    path.write_text(text, encoding='utf-8')
    return params_file(path)


def test_namespaces_and_groups_nest(tmp_path: Path) -> None:
    assert read(tmp_path, 'r1:\n  mon:\n    ros__parameters: {a: {b: 1, c: {d: y}}, e: [.5]}\n'
                '/**: {ros__parameters: {}}\n') == {
        'r1/mon': {'a.b': 1, 'a.c.d': True, 'e': [0.5]}, '/**': {}}


def test_an_entry_given_twice_is_one(tmp_path: Path) -> None:
    text = '/**: {ros__parameters: {x: 1, y: 1}}\n---\n/**: {ros__parameters: {x: 2}}'
    assert read(tmp_path, text) == {'/**': {'x': 2, 'y': 1}}


def test_quotes_and_tags_make_texts(tmp_path: Path) -> None:
    assert read(tmp_path, "/**:\n  ros__parameters:\n    a: '1'\n    b: !!str yes\n    c: yes\n"
                "    d: |\n      1\n") == {'/**': {'a': '1', 'b': 'yes', 'c': True, 'd': '1\n'}}


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, '# nothing yet\n') == {}


@pytest.mark.parametrize(('text', 'needles'), [
    ('[]', ['params.yaml:1', 'ros__parameters']),
    ('/**/x:', ['params.yaml:1: /**/x: ros__parameters with names and values is needed']),
    ('/**/x: {}', ['ros__parameters']),
    ('/**/x: {ros__parameters: [1]}', ['/**/x: ros__parameters']),
    ('ros__parameters: {x: 1}', ['no node', 'below the name of a node']),
    ('/**:\n  ros__parameters:\n    x:\n', ['params.yaml:3: x: a value is needed']),
    ('/**: {ros__parameters: {x: []}}', ['x: ROS does not take empty lists']),
    ('/**: {ros__parameters: {x: [1, a]}}', ['x: ROS takes lists of one type only']),
    ('/**: {ros__parameters: &a {}}\n/x: {ros__parameters: *a}', [':2', 'no aliases']),
    ('/r*/x: {ros__parameters: {}}', ["'/r*/x' is no name of a node"]),
    ('*/x: {ros__parameters: {}}', [':1: not valid YAML']),
    ('? [a]\n: {ros__parameters: {}}', ['no name of a node']),
    ('x: [', [':1: not valid YAML']),
    ('a: ' + '[' * 1000, ['not valid YAML'])])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str,
                                              needles: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert all(needle in str(error.value) for needle in needles), str(error.value)
    assert '\n' not in str(error.value)


@given(text=st.text() | st.text('/*:{}[]&!|- \n\'"ros__parametersx1', max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory,
                                     text: str) -> None:
    path = tmp_path_factory.getbasetemp() / 'any-params.yaml'
    path.write_bytes(text.encode('utf-8', 'surrogatepass'))
    try:
        params_file(path)
    except ConfigError as error:
        assert str(path) in str(error)


def test_a_value_of_the_command_line_reads_as_in_a_file() -> None:
    assert value('1e3', 'x') == 1000.0
    assert value('[a, "1"]', 'x') == ['a', '1']
    for text in ('', '[', '{a: 1}', '[]'):
        with pytest.raises(ConfigError, match=r'^-p x: '):
            value(text, '-p x')
