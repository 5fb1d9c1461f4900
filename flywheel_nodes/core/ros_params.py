"""
How rcl reads a parameter file: which node an entry is for, what a bare word means, who wins.

Told apart from YAML because rcl's answers differ from YAML's: `1e3` is a number, `010` is eight,
`y` is true, `~` is the text "~", and `/**/NODE` means NODE in any namespace.
"""

from collections.abc import Iterable, Mapping
import re
from typing import Any

Params = Mapping[str, Any]
_BOOLS = {word: truth for truth, words in (
    (True, 'y Y yes Yes YES true True TRUE on On ON'),
    (False, 'n N no No NO false False FALSE off Off OFF')) for word in words.split()}
_INFINITE = {f'{sign}.{word}': f'{sign}inf' for sign in ('', '+', '-')
             for word in ('inf', 'Inf', 'INF')}
_NAN = {'.nan', '.NaN', '.NAN'}
_INTEGER = re.compile(r'([+-]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)|(0|[1-9][0-9]*))', re.ASCII)
_DECIMAL = re.compile(r'[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?', re.ASCII)
_HEXADECIMAL = re.compile(
    r'[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?', re.ASCII)
_WORD = re.compile(r'[+-]?(?:inf|infinity|nan)', re.ASCII | re.IGNORECASE)
_INT64 = range(-2**63, 2**63)


def scalar(text: str) -> bool | int | float | str:
    """Return what rcl makes of a bare word, one without quotes."""
    if text in _BOOLS:
        return _BOOLS[text]
    whole = _INTEGER.fullmatch(text)
    if whole:
        number = _integer(*whole.groups())
        if number in _INT64:
            return number
    return _float(text)


def _integer(sign: str, sixteen: str | None, eight: str | None, ten: str | None) -> int:
    digits = sixteen or eight or ten or '0'
    # More digits than int64 has are out of range, whatever they say; int() would refuse them.
    base = 16 if sixteen else 8 if eight else 10
    size = int(digits, base) if len(digits) < 100 else _INT64.stop
    return -size if sign == '-' else size


def _float(text: str) -> float | str:
    if text in _NAN:
        return float('nan')
    if text in _INFINITE or _WORD.fullmatch(text):
        return float(_INFINITE.get(text, text))
    if _DECIMAL.fullmatch(text):
        return _within(text, float(text))
    return _hexadecimal(text) if _HEXADECIMAL.fullmatch(text) else text


def _hexadecimal(text: str) -> float | str:
    try:
        return _within(text, float.fromhex(text))
    except OverflowError:
        return text


def _within(text: str, value: float) -> float | str:
    """Return the text where C reports a number as too large, or too small to be normal."""
    mantissa = re.split('[eE]', text)[0] if not re.search('[xX]', text) else text[2:]
    vanished = abs(value) < 2.0**-1022 and bool(re.search('[1-9a-fA-F]', mantissa))
    return text if vanished or abs(value) == float('inf') else value


def matches(pattern: str, node: str) -> bool:
    """
    Say whether an entry of a parameter file is for a node.

    :param pattern: the names above ros__parameters joined by /, where * is any one name and **
        any number of names
    :param node: the node's full name, e.g. /r1/policy_monitor
    """
    wanted = [part for part in pattern.split('/') if part]
    form = ''.join('(/[^/]+)*' if part == '**' else '/[^/]+' if part == '*'
                   else f'/{re.escape(part)}' for part in wanted)
    return re.fullmatch(form, node) is not None


def effective(files: Iterable[Mapping[str, Params]], node: str) -> dict[str, Any]:
    """
    Return a node's parameters from several files.

    :param files: parameters by pattern, in the order of --params-file

    As in rcl a later entry wins over an earlier one, however narrow either is, and an entry that
    is in several files has its place where it came first.
    """
    entries: dict[str, dict[str, Any]] = {}
    for file in files:
        for pattern, params in file.items():
            key = '/' + pattern.strip('/')
            entries.setdefault(key, {}).update(params)
    found: dict[str, Any] = {}
    for pattern, params in entries.items():
        if matches(pattern, node):
            found.update(params)
    return found
