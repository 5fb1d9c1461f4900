"""Scrapes for tests, written as an exporter would serve them."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from flywheel_nodes.core.status.scrape import Scrape, scrape

NODES = ('control_arbiter', 'health_exporter', 'policy_monitor', 'snippet_recorder',
         'teleop_relay')
GOOD = """
build_info{version="0.1.0"} 1
robot_info{model="flywheel-sim",embodiment="mobile_manipulator"} 1
policy_info{policy="steady",version="1",checkpoint="ab"} 1
mode{mode="policy"} 1
mode{mode="hold"} 0
mode{mode="stopped"} 0
estop_pressed 0
control_owner{owner="flywheel"} 1
battery_charge_ratio 0.91
battery_charge_low_ratio 0.15
policy_monitor_score{detector="gap"} 0.3
policy_monitor_threshold{detector="gap"} 0.6
topic_expected_rate_hertz{topic="odom"} 50
recorder_ring_seconds 30
recorder_snippets_held 2
recorder_free_bytes 75000000000
recorder_min_free_bytes 536870912
host_cpus 2
host_memory_size_bytes 25000000000
host_memory_available_bytes 20000000000
host_disk_size_bytes{disk="data"} 270000000000
host_disk_free_bytes{disk="data"} 75000000000
clock_synchronized 1
teleop_session_active 0
relay_connections 0
relay_help_waiting 0
"""


def made(wall_s: float = 1000.0, more: str = '', heard_s: float | None = None,
         down: Mapping[str, str] | None = None, text: str = GOOD) -> Scrape:
    """Return a scrape of a robot that is well, and more."""
    heard = wall_s if heard_s is None else heard_s
    beats = ''.join(f'node_up{{node="{node}"}} {int(node not in (down or {}))}\n'
                    f'node_last_heartbeat_timestamp_seconds{{node="{node}"}} {heard}\n'
                    f'node_start_time_seconds{{node="{node}"}} 100\n'
                    f'node_restarts_total{{node="{node}"}} 0\n' for node in NODES)
    lines = [f'flywheel_{line}' for line in (text + beats + more).splitlines() if line]
    samples = [(one.name, one.labels, one.value)
               for family in text_string_to_metric_families('\n'.join(lines) + '\n')
               for one in family.samples]
    return scrape(wall_s, samples, down or {})
