"""Cases are judged, and told so that a person can act on it."""

import asyncio

from flywheel_nodes.effects.teleop.conformance import (
    Case,
    conforms,
    FailedError,
    judge,
    need,
    report,
    Result,
    SkippedError,
    Verdict,
)


async def passes(_: None) -> None:
    need(True, 'never')


async def fails(_: None) -> None:
    need(0, 'it did not')


async def skips(_: None) -> None:
    raise SkippedError('not here')


async def broken(_: None) -> None:
    raise FailedError('gone')


def results(*runs: object) -> list[Result]:
    async def run() -> list[Result]:
        return [await judge(Case(one.__name__, f'It {one.__name__}.', one), None) for one in runs]
    return asyncio.run(run())


def test_verdicts_and_details() -> None:
    found = results(passes, fails, skips, broken)
    assert [(one.verdict, one.detail) for one in found] == [
        (Verdict.PASS, ''), (Verdict.FAIL, 'it did not'), (Verdict.SKIP, 'not here'),
        (Verdict.FAIL, 'gone')]


def test_what_conforms() -> None:
    assert conforms(results(passes, skips))
    assert not conforms(results(passes, fails))
    assert not conforms(results(skips))
    assert not conforms([])


def test_the_report_names_the_sentence_behind_a_failure() -> None:
    lines = report(results(passes, fails, skips), 80)
    assert lines[0].split() == ['case', 'because']
    assert lines[1].split() == ['passes', 'pass']
    assert lines[2].split() == ['fails', 'FAIL', 'it', 'did', 'not']
    assert lines[-3:] == ['  but it did not', '', '1 passed, 1 failed, 1 skipped']
    assert 'fails: It fails.' in lines
