"""What components say of themselves on /diagnostics: anybody's words, so few are quoted."""

from collections.abc import Iterator
from dataclasses import dataclass

from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.facts import Facts
from flywheel_nodes.core.status.problem import Level, Problem
from flywheel_nodes.core.wording import count

MOST_NAMED = 3


@dataclass(frozen=True)
class _Verdict:
    """A level on /diagnostics, and what is said of one component and of several."""

    value: float
    level: Level
    one: str
    several: str


# A component that fell silent is stale, too: that is no error of its own, its node has ended.
_VERDICTS = (_Verdict(2.0, Level.BAD, 'reports an error', 'report errors'),
             _Verdict(1.0, Level.WARN, 'warns', 'warn'),
             _Verdict(3.0, Level.WARN, 'is stale', 'are stale'))


def diagnosed(seen: Between, told: Facts) -> Iterator[Problem]:
    """Yield the first components by name, the worst first, and how many more there are."""
    levels = seen.now.by('diagnostic_level', 'component')
    room = MOST_NAMED
    for verdict in _VERDICTS:
        names = [name for name, value in levels.items() if value == verdict.value]
        yield from _told(verdict, names, room)
        room = max(0, room - len(names))


def _told(verdict: _Verdict, names: list[str], room: int) -> Iterator[Problem]:
    for name in names[:room]:
        yield Problem(verdict.level, f'{name} {verdict.one} on /diagnostics', name)
    if (left := len(names) - room) > 0:
        who = f'and {count(left, "more component")}' if room else count(left, 'component')
        does = verdict.one if left == 1 else verdict.several
        yield Problem(verdict.level, f'{who} {does} on /diagnostics')
