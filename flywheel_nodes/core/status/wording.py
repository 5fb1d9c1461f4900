"""Numbers of a robot in few characters; what nobody told is left empty."""

import math

from flywheel_nodes.core.sizes import rough

_SPANS = ((86_400.0, 'd', 3600.0, 'h'), (3600.0, 'h', 60.0, 'min'), (60.0, 'min', 1.0, 's'))


def span(seconds: float | None) -> str:
    """Return a time in its two greatest units: 3 d 4 h, 2 min 5 s, 1.2 s."""
    if seconds is None or not math.isfinite(seconds):
        return ''
    for unit, name, below, small in _SPANS:
        if seconds >= unit:
            rest = int(seconds % unit / below)
            return f'{int(seconds / unit)} {name}' + (f' {rest} {small}' if rest else '')
    return f'{seconds:.1f} s' if seconds < 10.0 else f'{seconds:.0f} s'


def brief(seconds: float | None) -> str:
    """Return a short time: 0.3 ms, 12 ms, 1.2 s."""
    if seconds is None or not math.isfinite(seconds):
        return ''
    if seconds >= 1.0:
        return f'{seconds:.1f} s'
    return f'{1000 * seconds:.1f} ms' if seconds < 0.01 else f'{1000 * seconds:.0f} ms'


def rate(hertz: float | None) -> str:
    """Return how often: 0.52, 49.8, 201."""
    if hertz is None or not math.isfinite(hertz):
        return ''
    return f'{hertz:.0f}' if hertz >= 100.0 or hertz == 0.0 else f'{hertz:.3g}'


def share(part: float | None) -> str:
    """Return a share as a percentage."""
    return '' if part is None or not math.isfinite(part) else f'{part:.0%}'


def number(value: float | None) -> str:
    """Return a number as it is, whole ones without point."""
    if value is None or not math.isfinite(value):
        return ''
    return f'{value:,.0f}' if float(value).is_integer() else f'{value:.3g}'


def size(count: float | None) -> str:
    """Return a number of bytes to three digits."""
    return '' if count is None or not math.isfinite(count) else rough(count)
