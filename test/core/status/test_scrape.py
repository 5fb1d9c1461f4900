"""Series are found by name and labels; what is absent is absent and not 0."""

from flywheel_nodes.core.status.scrape import Scrape, scrape
from test.core.status.scrapes import made


def test_series_are_found_and_strangers_left_out() -> None:
    found = scrape(5.0, [('flywheel_mode', {'mode': 'hold'}, 1.0), ('go_threads', {}, 9.0)])
    assert found.value('mode', mode='hold') == 1.0
    assert found.value('mode', mode='policy') is None
    assert found.value('mode') is None
    assert set(found.series) == {'mode'}


def test_one_label_of_several_sums_the_rest() -> None:
    found = scrape(5.0, [('flywheel_topic_messages_total', {'topic': t, 'node': n}, v)
                         for t, n, v in (('b', 'x', 1.0), ('b', 'y', 2.0), ('a', 'x', 4.0))])
    assert found.by('topic_messages_total', 'topic') == {'a': 4.0, 'b': 3.0}
    assert found.by('absent', 'topic') == {}
    assert found.only('absent') == {}


def test_ready_is_what_readyz_says_or_else_what_is_up() -> None:
    assert made().ready
    assert not made(down={'policy': 'never heard'}).ready
    up = [('flywheel_node_up', {'node': 'a'}, 1.0)]
    assert scrape(0.0, up).ready
    assert not scrape(0.0, [*up, ('flywheel_node_up', {'node': 'b'}, 0.0)]).ready
    assert not Scrape(0.0).ready
