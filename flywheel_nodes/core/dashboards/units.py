"""Units of panels: their names are Grafana's, and a value is written as Grafana would."""

from datetime import datetime, timezone
import math

from flywheel_nodes.core.words import Word


class Unit(Word):
    """What a number counts; the value is Grafana's id of the unit."""

    COUNT = 'short'
    SECONDS = 's'
    BYTES = 'bytes'
    BYTES_PER_SECOND = 'Bps'
    PER_SECOND = 'cps'
    PER_HOUR = 'suffix: /h'
    HERTZ = 'hertz'
    RATIO = 'percentunit'
    CELSIUS = 'celsius'
    VOLTS = 'volt'
    DATE = 'dateTimeAsIso'
    SCORE = 'none'


SUFFIXES = {Unit.PER_SECOND: ' /s', Unit.PER_HOUR: ' /h', Unit.HERTZ: ' Hz',
            Unit.CELSIUS: ' °C', Unit.VOLTS: ' V'}
TIMES = ((86400.0, 'day'), (3600.0, 'h'), (60.0, 'min'), (1.0, 's'), (1e-3, 'ms'), (1e-6, 'µs'))
SIZES = ((2.0**40, 'TiB'), (2.0**30, 'GiB'), (2.0**20, 'MiB'), (2.0**10, 'KiB'))
COUNTS = ((1e9, ' Bil'), (1e6, ' Mil'), (1e3, ' K'))


def written(value: float, unit: Unit, digits: int = 3) -> str:
    """Write a value for a person, such as 1.5 min, 72.5% or 3.2 GiB."""
    value = value * 100 if unit is Unit.RATIO else value
    if not math.isfinite(value):
        return '-' if math.isnan(value) else '∞' if value > 0 else '-∞'
    if unit is Unit.DATE:
        return datetime.fromtimestamp(value / 1000, timezone.utc).strftime('%m-%d %H:%M:%S')
    if unit is Unit.RATIO:
        return f'{_digits(value, digits)}%'
    if unit is Unit.SECONDS:
        return _scaled(value, TIMES, ' s', digits)
    if unit in (Unit.BYTES, Unit.BYTES_PER_SECOND):
        a_second = '/s' if unit is Unit.BYTES_PER_SECOND else ''
        return _scaled(value, SIZES, ' B', digits) + a_second
    if unit is Unit.COUNT:
        return _scaled(value, COUNTS, '', digits)
    return _digits(value, digits) + SUFFIXES.get(unit, '')


def scale(most: float, unit: Unit) -> float:
    """Return the size of the unit in which numbers up to a value are written."""
    sizes = SIZES if unit in (Unit.BYTES, Unit.BYTES_PER_SECOND) else ()
    scales = TIMES if unit is Unit.SECONDS else sizes
    return next((size for size, _ in scales if most >= size), 1.0)


def _scaled(value: float, scales: tuple[tuple[float, str], ...], base: str,
            digits: int) -> str:
    if value == 0:
        return f'0{base}'
    for size, name in scales:
        if abs(value) >= size:
            gap = '' if name.startswith(' ') else ' '
            return f'{_digits(value / size, digits)}{gap}{name}'
    return f'{_digits(value, digits)}{base}'


def _digits(value: float, digits: int) -> str:
    """Write so many significant digits, and all those before the point."""
    if value == 0:
        return '0'
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f'{value:.{min(places, 6)}f}'
    return text.rstrip('0').rstrip('.') if '.' in text else text
