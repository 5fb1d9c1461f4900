from dataclasses import dataclass, field
import math
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.fields import DERIVATIONS, FieldError, parse, Reader


def vector(x: float, y: float, z: float) -> Any:
    return SimpleNamespace(x=x, y=y, z=z)


def quaternion(x: float, y: float, z: float, w: float) -> Any:
    return SimpleNamespace(x=x, y=y, z=z, w=w)


@dataclass
class Message:
    percentage: float = 0.25
    present: bool = True
    level: bytes = b'\x02'
    name: list[str] = field(default_factory=lambda: ['hip', 'knee'])
    position: Any = field(default_factory=lambda: np.array([0.5, -1.5]))
    orientation: Any = field(default_factory=lambda: quaternion(0.0, 0.0, 0.0, 1.0))
    twist: Any = field(default_factory=lambda: SimpleNamespace(linear=vector(3.0, 0.0, 4.0)))
    frame: str = 'map'


def read(text: str, message: Any = None) -> Any:
    return Reader(parse(text)).read(message or Message(), 0)


@pytest.mark.parametrize(('text', 'value'), [
    ('percentage', 0.25), ('present', True), ('level', 2.0), ('frame', 'map'),
    ('twist.linear.z', 4.0), ('position[1]', -1.5), ('position[-1]', -1.5),
    ('position[knee]', -1.5), ('position[7]', None), ('position[ankle]', None),
    ('name[0]', 'hip'), ('norm(twist.linear)', 5.0), ('abs(position[knee])', 1.5),
    ('max(position)', 0.5), ('min(position)', -1.5), ('tilt(orientation)', 0.0),
])
def test_a_path_leads_to_a_value(text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize('text', [
    '', '.x', 'x.', 'x..y', 'x[', 'x]', 'x[]', '[3]', 'x y', 'sin(x)', 'norm(x', '3', 'norm()',
    'x.norm(y)'])
def test_what_is_no_path_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert '\n' not in str(error.value)
    assert any(name in str(error.value) for name in DERIVATIONS)


@pytest.mark.parametrize(('text', 'said'), [
    ('charge', "Message has no field 'charge'"), ('twist.linear.q', 'no field'),
    ('percentage[0]', 'no list'), ('twist', 'no single value'), ('position', 'no single value'),
    ('norm(frame)', 'neither a vector'), ('abs(frame)', 'no number'), ('frame[0]', 'no list'),
])
def test_what_a_message_does_not_have_is_said(text: str, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        read(text)


@pytest.mark.parametrize('text', ['percentage', 'abs(percentage)', 'rate(percentage)'])
def test_what_is_not_finite_is_absent(text: str) -> None:
    for bad in (math.nan, math.inf, -math.inf):
        assert read(text, Message(percentage=bad)) is None
    assert read('max(position)', Message(position=np.array([1.0, math.nan]))) is None
    assert read('max(position)', Message(position=np.array([]))) is None


@given(st.floats(0.0, math.pi), st.floats(-math.pi, math.pi), st.floats(0.8, 1.2))
def test_tilt_is_the_angle_from_upright_whatever_the_heading(angle: float, yaw: float,
                                                             scale: float) -> None:
    # Roll by angle, then turn by yaw: z-rotation times x-rotation.
    r, p, q, s = math.cos(yaw / 2), math.sin(yaw / 2), math.cos(angle / 2), math.sin(angle / 2)
    turned = quaternion(*(scale * part for part in (r * s, p * s, p * q, r * q)))
    assert read('tilt(orientation)', Message(orientation=turned)) == pytest.approx(angle, abs=1e-6)


def test_an_unset_orientation_has_no_tilt() -> None:
    assert read('tilt(orientation)', Message(orientation=quaternion(0, 0, 0, 0))) is None
    assert read('tilt(twist.linear)') is None


def test_a_rate_is_the_change_per_second_and_needs_two_messages() -> None:
    reader = Reader(parse('rate(percentage)'))
    assert reader.read(Message(percentage=0.5), 10 * SECOND) is None
    assert reader.read(Message(percentage=0.25), 10 * SECOND + SECOND // 2) == -0.5
    assert reader.read(Message(percentage=math.nan), 11 * SECOND) is None
    assert reader.read(Message(percentage=0.5), 11 * SECOND + SECOND // 2) == 0.25
    same = 11 * SECOND + SECOND // 2
    assert reader.read(Message(percentage=0.9), same) is None, 'no time passed'


@given(st.text(max_size=20))
def test_any_text_is_a_path_or_one_line(text: str) -> None:
    try:
        found = parse(text)
    except ConfigError as error:
        assert '\n' not in str(error).replace(repr(text), '')
    else:
        assert found.path.steps


@pytest.mark.parametrize('part', [1e155, -1e200, 1.7e308])
def test_numbers_that_overflow_are_absent(part: float) -> None:
    message = Message(orientation=quaternion(part, 0.0, 0.0, 1.0), percentage=part,
                      position=np.array([part, part]))
    assert read('tilt(orientation)', message) is None
    reader = Reader(parse('rate(norm(position))'))
    assert reader.read(message, SECOND) is None
    assert reader.read(message, 2 * SECOND) in (None, 0.0)
    assert Reader(parse('percentage')).read(Message(percentage=10**400), 0) is None
