"""Numbers of bytes as people read them."""

_UNITS = ('B', 'KiB', 'MiB', 'GiB', 'TiB')


def size(count: float) -> str:
    """Return a number of bytes in the largest unit in which it is a whole number: 64 MiB."""
    unit = 0
    while count and count % 1024 == 0 and unit < len(_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f'{count:.0f} {_UNITS[unit]}'


def rough(count: float) -> str:
    """Return a number of bytes to three digits or whole: 23.5 GiB."""
    unit = 0
    while abs(count) >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f'{count:,.0f} {_UNITS[unit]}' if count >= 100 else f'{count:.3g} {_UNITS[unit]}'
