"""What one look at one thing found, in the doctor's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap

from flywheel_nodes.core.wording import count, printable
from flywheel_nodes.core.words import Word

NAMED, SAID = 9, 15
INDENT = ' ' * (NAMED + SAID + 2)


class Level(Word):
    """How good or bad a finding is; unknown: it could not be seen here."""

    OK = 'ok'
    UNKNOWN = 'unknown'
    WARN = 'warning'
    WRONG = 'wrong'


PLURAL = {Level.WARN: 'warnings'}
COLOURS = {Level.OK: 32, Level.UNKNOWN: 36, Level.WARN: 33, Level.WRONG: 31}


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, what was found, what to do about it."""

    level: Level
    check: str
    sentence: str
    remedy: str = ''


def ok(check: str, sentence: str) -> Finding:
    """Return that all is well."""
    return Finding(Level.OK, check, sentence)


def warn(check: str, sentence: str, remedy: str) -> Finding:
    """Return that something may go wrong."""
    return Finding(Level.WARN, check, sentence, remedy)


def wrong(check: str, sentence: str, remedy: str) -> Finding:
    """Return that something does not work."""
    return Finding(Level.WRONG, check, sentence, remedy)


def unknown(check: str, sentence: str, remedy: str = '') -> Finding:
    """Return that it could not be seen."""
    return Finding(Level.UNKNOWN, check, sentence, remedy)


def refused(check: str, error: Exception) -> Finding:
    """Return what an error of ours says: after its last colon stands what to do."""
    said, colon, remedy = str(error).replace('\n', ' ').rpartition(': ')
    return wrong(check, said, remedy) if colon else wrong(check, remedy, '')


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 1 when anything is wrong, else 0: a warning is no failure."""
    return int(any(finding.level is Level.WRONG for finding in findings))


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each level, the worst first."""
    levels = [finding.level for finding in findings]
    return ', '.join(count(levels.count(level), level, PLURAL.get(level, level))
                     for level in reversed(Level) if level in levels)


def lines(finding: Finding, width: int, colours: bool = False) -> list[str]:
    """
    Return a finding as lines of text, the remedy on lines of its own.

    :param width: of the terminal; a single word may be wider
    """
    head = f'{finding.level:<{NAMED}}{finding.check:<{SAID}}  '
    said = _wrapped(finding.sentence, width, head, INDENT)
    if colours:
        coloured = f'\x1b[{COLOURS[finding.level]}m{finding.level}\x1b[0m'
        said[0] = coloured + said[0][len(finding.level):]
    return said + (_wrapped(finding.remedy, width, f'{INDENT}-> ', f'{INDENT}   ')
                   if finding.remedy else [])


def _wrapped(text: str, width: int, first: str, then: str) -> list[str]:
    return wrap(printable(text), width, initial_indent=first, subsequent_indent=then,
                break_long_words=False, break_on_hyphens=False) or [first.rstrip()]
