"""One sentence about something that is out of order, and how it fits into a line."""

from dataclasses import dataclass

from flywheel_nodes.core.status.wording import number
from flywheel_nodes.core.text_table import cut
from flywheel_nodes.core.words import Word

LEAST_NAME = 12


class Level(Word):
    """How bad it is; each is a style of lines, too."""

    BAD = 'bad'
    WARN = 'hold'


@dataclass(frozen=True)
class Problem:
    """Something that somebody should know; name: of whom, if others chose how long it is."""

    level: Level
    sentence: str
    name: str = ''

    def short(self, width: int, mark: str) -> str:
        """Return the sentence, with a shorter name if that takes to fit it into width."""
        over = len(self.sentence) - width
        if over <= 0:
            return self.sentence
        name = cut(self.name, max(LEAST_NAME, len(self.name) - over), mark)
        return self.sentence.replace(self.name, name, 1)


def bad(sentence: str, name: str = '') -> Problem:
    """Return what somebody has to mend."""
    return Problem(Level.BAD, sentence, name)


def warn(sentence: str, name: str = '') -> Problem:
    """Return what somebody should know of."""
    return Problem(Level.WARN, sentence, name)


def many(count: float, noun: str) -> str:
    """Return '1 pair', '2 pairs'; a scrape may also hold halves, NaN and infinity."""
    return f'{number(count)} {noun}' if count == 1.0 else f'{number(count)} {noun}s'
