"""Logs are counted by node and level; nobody can make up a node."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from rcl_interfaces.msg import Log
from rclpy.serialization import serialize_message

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.health.logs import head, LEVELS, LogCounts, OTHER, word


def line(name: str, level: int = 20, text: str = 'hello') -> bytes:
    return bytes(serialize_message(Log(level=level, name=name, msg=text)))


def grown(counts: LogCounts) -> dict[tuple[str, ...], float]:
    return {labels: n for labels, n in counts.counts.items() if n}


NO_NUL = st.text(st.characters(codec='utf-8', exclude_characters='\0'), max_size=40)


@settings(max_examples=40)
@given(NO_NUL, st.sampled_from([*LEVELS, 0, 15, 255]), NO_NUL)
def test_the_head_is_what_the_middleware_wrote(name: str, level: int, text: str) -> None:
    assert head(line(name, level, text)) == (level, name)


@settings(max_examples=40)
@given(st.binary(max_size=80))
def test_rubbish_is_refused_or_bounded(data: bytes) -> None:
    counts = LogCounts('/r1', ('policy',))
    before = len(counts.counts)
    try:
        counts.take(data)
    except WireError:
        assert not grown(counts)
    assert len(counts.counts) == before


def test_a_long_name_is_cut() -> None:
    assert len(head(line('x' * 100_000))[1]) <= 512


@pytest.mark.parametrize(('level', 'expected'), [
    (0, 'debug'), (10, 'debug'), (20, 'info'), (30, 'warn'), (40, 'error'), (45, 'fatal'),
    (50, 'fatal'), (255, 'fatal')])
def test_levels_are_words(level: int, expected: str) -> None:
    assert word(level) == expected


@pytest.mark.parametrize(('namespace', 'logger', 'node'), [
    ('/r1', 'r1.policy', 'policy'), ('/r1', 'r1.policy.child.more', 'policy'),
    ('/r1', 'policy', OTHER), ('/r1', 'r2.policy', OTHER), ('/r1', 'r1.policy2', OTHER),
    ('/r1', 'r1.driver', 'driver'), ('/r1', 'fleet.scheduler', '/fleet/scheduler'),
    ('/r1', '', OTHER), ('/', 'policy', 'policy'), ('/a/b', 'a.b.policy', 'policy')])
def test_the_logger_tells_the_node(namespace: str, logger: str, node: str) -> None:
    counts = LogCounts(namespace, ('policy', 'driver', '/fleet/scheduler'))
    counts.take(line(logger, 40))
    assert grown(counts) == {(node, 'error'): 1.0}


def test_every_series_begins_at_nothing() -> None:
    counts = LogCounts('/r1', ('policy',)).counts
    assert counts == {(node, level): 0.0 for node in ('policy', OTHER)
                      for level in LEVELS.values()}


@settings(max_examples=40)
@given(st.lists(st.tuples(NO_NUL, st.integers(0, 255))))
def test_nothing_is_lost_and_nothing_grows(lines: list[tuple[str, int]]) -> None:
    counts = LogCounts('/r1', ('policy',))
    size = len(counts.counts)
    for name, level in lines:
        counts.take(line(name, level))
    assert sum(counts.counts.values()) == len(lines) and len(counts.counts) == size
    by_level = Counter(word(level) for _, level in lines)
    assert by_level == Counter({level: int(sum(
        n for (_, one), n in counts.counts.items() if one == level)) for level in by_level})
