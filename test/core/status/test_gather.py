"""Facts come from where they are told, and what nobody told is empty."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.drawing import plain
from flywheel_nodes.core.metric import Kind
from flywheel_nodes.core.metric_table import METRICS
from flywheel_nodes.core.node_process import NodeProcess, ProcessState
from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.facts import Control, Host, Recorder, Teleop
from flywheel_nodes.core.status.gather import gather
from flywheel_nodes.core.status.page import Page, screen, text
from flywheel_nodes.core.status.problems import problems
from flywheel_nodes.core.status.scrape import Scrape, scrape
from test.core.status.scrapes import made

HEARD = """
topic_messages_total{{topic="odom",node="snippet_recorder"}} {0}
topic_messages_total{{topic="odom",node="policy_monitor"}} {1}
process_cpu_seconds_total{{node="policy_monitor"}} {2}
host_cpu_seconds_total{{mode="idle"}} {3}
host_cpu_seconds_total{{mode="user"}} {4}
"""


def test_rates_of_topics_processes_and_the_machine() -> None:
    told = gather(Between(made(1010.0, HEARD.format(500, 900, 3.0, 115.0, 25.0)),
                         made(1000.0, HEARD.format(0, 0, 1.0, 100.0, 20.0))))
    odom = next(one for one in told.topics if one.name == 'odom')
    assert odom.rate_hz == pytest.approx(50.0), 'as the recorder hears it'
    assert odom.expected_hz == 50.0
    monitor = next(one for one in told.nodes if one.name == 'policy_monitor')
    assert monitor.cpu == pytest.approx(0.2)
    assert monitor.up and monitor.age_s == 910.0
    assert told.host.cpu == pytest.approx(0.25)
    assert (told.model, told.version, told.policy) == ('flywheel-sim', '0.1.0', 'steady 1')
    assert told.ready


def test_the_age_of_a_topic_is_as_of_the_report_that_tells_it() -> None:
    last = 'topic_last_message_timestamp_seconds{topic="odom"} 1008.99'
    seen = Between(made(1010.5, last, heard_s=1009.0), made(1000.0))
    assert gather(seen).topics[0].age_s == pytest.approx(0.01)
    alone = scrape(1010.5, [('flywheel_topic_last_message_timestamp_seconds', {'topic': 'odom'},
                             1008.5), ('flywheel_topic_silent', {'topic': 'odom'}, 0.0)])
    assert gather(Between(alone)).topics[0].age_s == pytest.approx(2.0), 'no report to go by'


def test_nothing_told_is_nothing_shown() -> None:
    told = gather(Between(Scrape(1000.0)))
    assert told.control == Control() and told.recorder == Recorder()
    assert told.host == Host() and told.teleop == Teleop()
    assert not told.ready and not told.nodes and not told.topics and not told.scores


@pytest.mark.parametrize(('value', 'estop'), [
    ('0', 'released'), ('1', 'pressed'), ('NaN', 'unknown')])
def test_the_emergency_stop(value: str, estop: str) -> None:
    assert gather(Between(made(more=f'estop_pressed {value}'))).control.estop == estop


def test_a_node_that_is_down_says_why() -> None:
    told = gather(Between(made(down={'policy': 'never heard', 'teleop_relay': 'silent for 4 s'})))
    down = {one.name: one.down for one in told.nodes if not one.up}
    assert down == {'policy': 'never heard', 'teleop_relay': 'silent for 4 s'}
    assert not told.ready
    alone = scrape(1000.0, [('flywheel_node_up', {'node': 'a'}, 0.0)])
    assert gather(Between(alone)).nodes[0].down == 'never heard'


def test_a_process_on_this_machine_that_is_down_is_told() -> None:
    seen = Between(made(1010.0, down={'policy': 'silent for 9 s', 'teleop_relay': 'never heard'}),
                   made(1000.0))
    processes = {'policy': NodeProcess(31176, ProcessState.STOPPED),
                 'teleop_relay': NodeProcess(5), 'policy_monitor': NodeProcess(6)}
    told = gather(seen, processes=processes)
    assert {one.name: one.process for one in told.nodes if one.process} == {
        'policy': 'stopped, pid 31176', 'teleop_relay': 'silent, pid 5'}
    lines = [plain(line) for line in text(Page(told, problems(seen, told)), 80)]
    assert 'policy            NO (stopped, pid 31176)' in lines
    assert '! policy is down: silent for 9 s (stopped, pid 31176)' in lines


def test_how_long_the_mode_lasts_is_told_by_the_arbiter() -> None:
    seen = Between(made(1010.0, 'mode_since_timestamp_seconds 110'))
    control = gather(seen, 4.0, True).control
    assert (control.mode_s, control.more) == (900.0, False)
    assert gather(Between(made()), 4.0, True).control.more


def test_the_disk_is_that_of_the_data() -> None:
    root = 'host_disk_size_bytes{disk="root"} 1e9\nhost_disk_free_bytes{disk="root"} 1e6'
    assert gather(Between(made(more=root))).host.disk_free_bytes == 75e9


NAMES = [(metric.name + ending, metric.labels) for metric in METRICS for ending in
         (('_bucket', '_sum', '_count') if metric.kind is Kind.HISTOGRAM else ('',))]
SAMPLES = st.lists(st.tuples(
    st.sampled_from(NAMES).flatmap(lambda row: st.tuples(st.just('flywheel_' + row[0]), st.tuples(
        *(st.tuples(st.just(label), st.text(max_size=20)) for label in (*row[1], 'le'))))),
    st.floats()), max_size=40)


@given(SAMPLES, SAMPLES, st.integers(1, 200), st.integers(1, 60), st.booleans())
def test_whatever_an_exporter_says_fits_the_screen(
        before: list[tuple[tuple[str, tuple[tuple[str, str], ...]], float]],
        now: list[tuple[tuple[str, tuple[tuple[str, str], ...]], float]],
        width: int, height: int, blocks: bool) -> None:
    seen = Between(*(scrape(wall, [(name, dict(labels), value)
                                   for (name, labels), value in samples])
                     for wall, samples in ((1010.0, now), (1000.0, before))))
    told = gather(seen)
    page = Page(told, problems(seen, told), '12:00:00', blocks)
    lines, _ = screen(page, width, height, 3)
    assert len(lines) == height
    for line in (*lines, *text(page, width)):
        shown = ''.join(span.text for span in line)
        assert len(shown) <= width and shown.isprintable()
