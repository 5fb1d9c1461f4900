"""Components of /diagnostics: few by name, the rest as a number, and silence is no error."""

from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.diagnosed import diagnosed
from flywheel_nodes.core.status.gather import gather
from flywheel_nodes.core.status.problem import Level
from test.core.status.scrapes import made


def said(**levels: int) -> list[tuple[Level, str]]:
    seen = Between(made(more=''.join(f'diagnostic_level{{component="{name}"}} {level}\n'
                                     for name, level in levels.items())))
    return [(one.level, one.sentence) for one in diagnosed(seen, gather(seen))]


def test_each_level_has_its_words_and_silence_is_no_error() -> None:
    assert said(good=0, lidar=2, motor=1, imu=3) == [
        (Level.BAD, 'lidar reports an error on /diagnostics'),
        (Level.WARN, 'motor warns on /diagnostics'),
        (Level.WARN, 'imu is stale on /diagnostics')]


def test_a_flood_is_three_names_and_a_number() -> None:
    assert said(**{f'c{i:02}': 2 for i in range(93)}, motor=1, old=3, older=3) == [
        *((Level.BAD, f'c{i:02} reports an error on /diagnostics') for i in range(3)),
        (Level.BAD, 'and 90 more components report errors on /diagnostics'),
        (Level.WARN, '1 component warns on /diagnostics'),
        (Level.WARN, '2 components are stale on /diagnostics')]


def test_one_more_is_one() -> None:
    assert said(a=2, b=2, c=2, d=2)[-1] == (
        Level.BAD, 'and 1 more component reports an error on /diagnostics')
