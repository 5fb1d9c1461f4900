"""The names of facts are what programs read; whoever renames one breaks them."""

from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.gather import gather
from test.core.status.scrapes import made


def test_what_programs_read_is_named_with_its_unit() -> None:
    told = to_plain(gather(Between(made())))
    assert list(told) == ['model', 'version', 'policy', 'ready', 'control', 'nodes', 'topics',
                          'scores', 'recorder', 'host', 'teleop']
    assert told['control'] == {
        'mode': 'policy', 'mode_s': None, 'more': False, 'estop': 'released', 'owner': 'flywheel',
        'battery_ratio': 0.91, 'battery_low_ratio': 0.15}
    assert list(told['host']) == [
        'cpu', 'cpus', 'memory_bytes', 'memory_free_bytes', 'disk_bytes', 'disk_free_bytes',
        'hottest_celsius', 'received_bytes_s', 'sent_bytes_s', 'synchronized', 'offset_s']
