"""What we take as a namespace is what rcl takes."""

from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.exceptions import InvalidNamespaceException
from rclpy.validate_namespace import validate_namespace

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.ros_names import LONGEST, namespace


@pytest.mark.parametrize(('text', 'name'), [
    ('r1', '/r1'), ('/r1', '/r1'), ('fleet/r1/', '/fleet/r1'), ('', '/'), ('/', '/'),
    ('_', '/_'), ('a__b', '/a__b'), ('x' * LONGEST, '/' + 'x' * LONGEST)])
def test_it_starts_at_the_root(text: str, name: str) -> None:
    assert namespace(text) == name
    assert validate_namespace(name)


@pytest.mark.parametrize('text', ['1r', 'r-1', 'a//b', 'a/2', 'ü', 'r 1', 'r1\n', '~', '{node}',
                                  'x' * (LONGEST + 1)])
def test_what_ros_would_refuse_gets_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match='namespace') as error:
        namespace(text)
    assert '\n' not in str(error.value)


@given(st.text(st.sampled_from('aZ09_/-. ü\n'), max_size=12))
def test_rcl_agrees(text: str) -> None:
    try:
        name = namespace(text)
    except ConfigError:
        with pytest.raises(InvalidNamespaceException):
            validate_namespace('/' + text.strip('/'))
    else:
        assert validate_namespace(name)
