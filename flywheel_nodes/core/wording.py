"""How numbers and times are put into words for a person."""

from datetime import datetime, timedelta, timezone
import re

from flywheel_nodes.core.errors import ConfigError

_UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86_400, 'w': 604_800}
_AGO = re.compile(r'(\d+(?:\.\d+)?)([smhdw])')
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def count(number: int, noun: str, plural: str = '') -> str:
    """Return '1 snippet', '2 snippets', '14,891 messages'."""
    return f'{number:,} {noun if number == 1 else plural or noun + "s"}'


def printable(text: str) -> str:
    """Return a text that stays in its line and sends nothing to the terminal but characters."""
    return ''.join(c if c.isprintable() else ' ' for c in text)


def signed(seconds: float, digits: int = 3) -> str:
    """Return a time before or after something, never as minus nothing."""
    text = f'{seconds:+.{digits}f}'
    return '+' + text[1:] if text.startswith('-') and not text.strip('-0.') else text


def utc(wall_ns: int, form: str = '%Y-%m-%d %H:%M:%S') -> str:
    """Return a wall-clock time in UTC; one beyond the calendar as its nanoseconds."""
    try:
        return (_EPOCH + timedelta(microseconds=wall_ns // 1000)).strftime(form)
    except OverflowError:
        return f'{wall_ns} ns'


def moment(text: str, now_ns: int) -> int:
    """
    Read a point in time as a person gives it.

    :param text: '90s', '30m', '2h', '3d', '1w' ago, or an ISO date or time, UTC where none is told
    :param now_ns: wall clock
    :return: wall clock in ns
    :raises ConfigError: for anything else
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return now_ns - round(float(ago[1]) * _UNITS[ago[2]] * 1e9)
    try:
        # Python 3.10 does not know Z.
        found = datetime.fromisoformat(re.sub('[zZ]$', '+00:00', text.strip()))
    except ValueError:
        raise ConfigError(f'{text!r} is no time: give 2h or 3d (ago), or 2026-11-22 or '
                          '2026-11-22T04:25 (UTC)') from None
    found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return (found - _EPOCH) // timedelta(microseconds=1) * 1000
