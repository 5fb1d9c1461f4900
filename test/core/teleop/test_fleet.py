"""One list of robots: names of certificates, origins, connect-src."""

from typing import Any

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse
from flywheel_nodes.core.teleop.fleet import allowed_origins, connect_src, Fleet

LIST = {'robots': [
    {'name': 'g1-07', 'hosts': ['G1-07.lab.example', '10.0.0.7', 'fd00:0::7'], 'port': 8765},
    {'name': 'go2', 'hosts': ['go2.lab.example'], 'port': 443}],
    'origins': ['https://console.lab.example']}


def fleet(raw: Any) -> Fleet:
    return parse(Fleet, raw, 'robots.yaml')


def test_origins_are_as_browsers_write_them() -> None:
    assert allowed_origins(fleet(LIST)) == (
        'https://g1-07.lab.example:8765', 'https://10.0.0.7:8765', 'https://[fd00::7]:8765',
        'https://go2.lab.example', 'https://console.lab.example')


def test_a_console_reaches_all_robots_and_nothing_else() -> None:
    assert connect_src(fleet(LIST)) == (
        "'self' wss://g1-07.lab.example:8765 wss://10.0.0.7:8765 wss://[fd00::7]:8765 "
        'wss://go2.lab.example:443')


def test_one_robot_of_the_list() -> None:
    assert fleet(LIST).member('go2').port == 443
    with pytest.raises(ConfigError, match=r'^x is not in the list of robots \(known: g1-07, go2'):
        fleet(LIST).member('x')


@pytest.mark.parametrize(('change', 'says'), [
    ({'robots': [{'name': 'a', 'hosts': []}]}, 'at least one'),
    ({'robots': [{'name': 'a', 'hosts': ['x; script-src *']}]}, 'no host name'),
    ({'robots': [{'name': 'a', 'hosts': ['*.example']}]}, 'no host name'),
    ({'robots': [{'name': 'a', 'hosts': ['x' * 300]}]}, 'no host name'),
    ({'robots': [{'name': 'a', 'hosts': ['x']}] * 2}, 'there twice'),
    ({'robots': [{'name': 'a', 'hosts': ['x'], 'port': 0}]}, 'out of range'),
    ({'robots': [{'name': 'a', 'hosts': ['x']}], 'origins': ['*']}, 'no origin'),
    ({'robots': [{'name': 'a', 'hosts': ['x']}], 'origins': ['null']}, 'no origin'),
    ({'robots': [{'name': 'a', 'hosts': ['x']}], 'origins': ['https://x/']}, 'no origin')])
def test_a_list_that_is_none_is_one_line(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        fleet(change)
    assert '\n' not in str(caught.value)
