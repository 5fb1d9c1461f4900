from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.dashboards.units import scale, Unit, written


@pytest.mark.parametrize(('value', 'unit', 'text'), [
    (0.0, Unit.COUNT, '0'), (7, Unit.COUNT, '7'), (1234, Unit.COUNT, '1.23 K'),
    (2.5e6, Unit.COUNT, '2.5 Mil'), (0.0021, Unit.SECONDS, '2.1 ms'),
    (90, Unit.SECONDS, '1.5 min'),
    (7200, Unit.SECONDS, '2 h'), (259200, Unit.SECONDS, '3 day'), (0, Unit.SECONDS, '0 s'),
    (0.955, Unit.RATIO, '95.5%'), (3 * 2**30, Unit.BYTES, '3 GiB'), (512, Unit.BYTES, '512 B'),
    (2048, Unit.BYTES_PER_SECOND, '2 KiB/s'), (-2048, Unit.BYTES_PER_SECOND, '-2 KiB/s'),
    (38.26, Unit.CELSIUS, '38.3 °C'), (24.5, Unit.VOLTS, '24.5 V'), (200, Unit.HERTZ, '200 Hz'),
    (1.25, Unit.PER_HOUR, '1.25 /h'), (20, Unit.PER_SECOND, '20 /s'), (0.25, Unit.SCORE, '0.25'),
    (1_000.0, Unit.DATE, '01-01 00:00:01'), (float('nan'), Unit.SECONDS, '-'),
    (float('inf'), Unit.SECONDS, '∞'), (float('-inf'), Unit.COUNT, '-∞'),
    (1e307, Unit.RATIO, '∞')])
def test_values_read_as_in_grafana(value: float, unit: Unit, text: str) -> None:
    assert written(value, unit) == text


def test_more_digits_tell_more_apart() -> None:
    assert written(24.8512, Unit.VOLTS, 5) == '24.851 V'


@given(st.floats(allow_nan=True), st.sampled_from([u for u in Unit if u is not Unit.DATE]))
def test_anything_can_be_written(value: float, unit: Unit) -> None:
    assert written(value, unit)
    assert scale(value, unit) > 0
