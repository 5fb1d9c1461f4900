"""What conformance is: cases with a name and the sentence of docs/protocol.md that they check."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flywheel_nodes.core.text_table import Column, table
from flywheel_nodes.core.words import Word

CASE_TIMEOUT_S = 30.0
B = TypeVar('B')
Run = Callable[[B], Awaitable[None]]


class Verdict(Word):
    """What became of a case."""

    PASS = 'pass'
    FAIL = 'FAIL'
    SKIP = 'skip'


class FailedError(Exception):
    """The other side does not do what the case asks for."""


class SkippedError(Exception):
    """The case cannot be tried here."""


@dataclass(frozen=True)
class Case(Generic[B]):
    """One requirement and how it is tried."""

    name: str
    requirement: str
    run: Run[B]


class Cases(list[Case[B]]):
    """Cases in the order in which they are tried."""

    def add(self, name: str, requirement: str) -> Callable[[Run[B]], Run[B]]:
        """Decorate what tries a case, with the sentence of docs/protocol.md that it checks."""
        def note(run: Run[B]) -> Run[B]:
            self.append(Case(name, requirement, run))
            return run
        return note


@dataclass(frozen=True)
class Result:
    """What became of one case; detail: why, '' for a pass."""

    name: str
    requirement: str
    verdict: Verdict
    detail: str = ''


async def judge(case: Case[B], bench: B) -> Result:
    """Try one case; whatever the other side does, this comes to an end."""
    try:
        await asyncio.wait_for(case.run(bench), CASE_TIMEOUT_S)
    except FailedError as error:
        verdict, detail = Verdict.FAIL, str(error)
    except SkippedError as error:
        verdict, detail = Verdict.SKIP, str(error)
    except asyncio.TimeoutError:
        verdict, detail = Verdict.FAIL, f'nothing came for {CASE_TIMEOUT_S:g} s'
    else:
        verdict, detail = Verdict.PASS, ''
    return Result(case.name, case.requirement, verdict, detail)


def need(condition: object, otherwise: str) -> None:
    """Fail the case unless something is so."""
    if not condition:
        raise FailedError(otherwise)


def report(results: Sequence[Result], width: int) -> list[str]:
    """Return the results as lines: a table, then what failed with the sentence behind it."""
    rows = [(one.name, str(one.verdict), one.detail) for one in results]
    lines = table((Column('case'), Column(''), Column('because', least=20)), rows, width)
    for one in results:
        if one.verdict is Verdict.FAIL:
            lines += ['', f'{one.name}: {one.requirement}', f'  but {one.detail}']
    counts = ', '.join(f'{sum(one.verdict is verdict for one in results)} {word}'
                       for verdict, word in ((Verdict.PASS, 'passed'), (Verdict.FAIL, 'failed'),
                                             (Verdict.SKIP, 'skipped')))
    return [*lines, '', counts]


def conforms(results: Sequence[Result]) -> bool:
    """Say whether nothing failed and something was tried."""
    return any(one.verdict is Verdict.PASS for one in results) and all(
        one.verdict is not Verdict.FAIL for one in results)
