from collections.abc import Iterator
import os
from pathlib import Path
from typing import Any

import pytest

from flywheel_nodes.adapters import unitree_g1, unitree_go2
from flywheel_nodes.adapters.unitree import REQUEST, RESPONSE, WIRELESS
from flywheel_nodes.nodes.messages import message_class
from test.harness import Bench
from test.robots.unitree_rig import Rig, rig

STATES = (unitree_go2.LOW_STATE, unitree_go2.SLOW_STATE, unitree_go2.SPORT_STATE, RESPONSE,
          WIRELESS)

UNKNOWN_API = 1


class Client:
    """The probe as a client of the robot, on the robot's own topics."""

    def __init__(self, bench: Bench, rig: Rig) -> None:
        self.bench = bench
        rig.start_fake(native_domain=int(os.environ['ROS_DOMAIN_ID']),
                       native_namespace=bench.namespace)
        self.fake: Any = rig.fake.fake
        self.world = rig.fake.world
        self.fault = rig.fault
        self._number = 0
        # Answers are best effort: what is said before both ends know of each other is lost.
        bench.until(lambda: bench.probe.heard[RESPONSE.name], 'an answer', each=self._knock)

    def _knock(self) -> None:
        self._send(UNKNOWN_API, '')

    def _send(self, api: int, parameter: str) -> int:
        self._number += 1
        asked = message_class(REQUEST.type)()
        asked.header.identity.id, asked.header.identity.api_id = self._number, api
        asked.parameter = parameter
        self.bench.probe.publish(REQUEST, asked)
        return self._number

    def ask(self, api: int, parameter: str = '') -> tuple[int, str]:
        """Return status code and data of the answer to a request."""
        number = self._send(api, parameter)

        def mine() -> list[Any]:
            return [m for m in self.bench.probe.heard[RESPONSE.name]
                    if m.header.identity.id == number]
        found = self.bench.until(mine, f'an answer to {api}')
        assert found[0].header.identity.api_id == api
        return found[0].header.status.code, found[0].data


@pytest.fixture
def go2(vendor_messages: Path, bench: Bench) -> Iterator[Client]:
    bench.probe.listen(*STATES)
    with rig(bench, 'unitree_go2') as made:
        yield Client(bench, made)


@pytest.fixture
def g1(vendor_messages: Path, bench: Bench) -> Iterator[Client]:
    bench.probe.listen(RESPONSE)
    with rig(bench, 'unitree_g1') as made:
        yield Client(bench, made)


def test_a_go2_walks_only_standing_and_stops_by_itself(go2: Client) -> None:
    assert go2.ask(1008, '{"x":0.5,"y":0.1,"z":0}') == (0, '')
    go2.bench.until(lambda: go2.world.vx > 0.3, 'speed')
    assert go2.fake.mode == 3
    go2.bench.until(lambda: go2.world.vx < 0.01, 'its own time-out')
    go2.bench.until(lambda: go2.fake.mode == 1, 'standing')
    assert go2.ask(1001) == (0, '') and go2.fake.mode == 7
    assert go2.ask(1008, '{"x":0.5,"y":0,"z":0}')[0] == 4201
    assert go2.ask(1002)[0] == 4201, 'no balance without standing up'
    assert go2.ask(1004) == (0, '') and go2.ask(1002) == (0, '')
    assert go2.ask(1008, '{"x":0.5,"y":0,"z":0}') == (0, '')
    assert go2.ask(1003) == (0, '')
    assert go2.ask(1005) == (0, '') and go2.fake.mode == 5


def test_a_go2_refuses_what_it_does_not_know(go2: Client) -> None:
    assert go2.ask(1036)[0] == 3203 and go2.ask(7105)[0] == 3203
    for bad in ('{"x":"fast"}', '{"x":NaN,"y":0,"z":0}', '{', '[1]'):
        assert go2.ask(1008, bad)[0] == 3204


def test_a_go2_that_fell_stands_up_by_recovery_only(go2: Client) -> None:
    go2.fault('fall')
    assert go2.ask(1004)[0] == 4201
    assert go2.ask(1006) == (0, '') and go2.fake.mode == 8
    go2.bench.until(lambda: go2.fake.mode == 1, 'standing')


def test_a_go2_tells_its_state_as_a_real_one(go2: Client) -> None:
    heard = go2.bench.probe.heard
    go2.world.theta = 1.5707963
    assert go2.ask(1008, '{"x":0.5,"y":0,"z":0}')[0] == 0
    go2.bench.until(lambda: heard['lf/sportmodestate'] and
                    heard['lf/sportmodestate'][-1].velocity[1] > 0.1, 'speed along y')
    state = heard['lf/sportmodestate'][-1]
    assert state.stamp.sec == 0 and abs(state.velocity[0]) < 0.05
    assert state.imu_state.quaternion[0] == pytest.approx(0.707, abs=0.01), 'w comes first'
    go2.fault('native_takeover')
    go2.bench.until(lambda: heard[WIRELESS.name] and heard[WIRELESS.name][-1].lx > 0.5, 'a stick')
    go2.bench.until(lambda: any(heard['lf/lowstate'][-1].wireless_remote[4:8]), 'its bytes')
    assert heard['lf/lowstate'][-1].bms_state.soc == 87


def test_a_g1_walks_only_in_its_walking_state_and_as_long_as_told(g1: Client) -> None:
    assert g1.ask(7001) == (0, '{"data": 500}')
    assert g1.ask(7105, '{"velocity":[0.5,0,0],"duration":0.2}') == (0, '')
    g1.bench.until(lambda: g1.world.vx > 0.2, 'speed')
    g1.bench.until(lambda: not g1.fake.walk.walking, 'the end of it')
    assert g1.ask(7105, '{"velocity":[0.5,0,0],"duration":864000}') == (0, '')
    g1.bench.until(lambda: g1.world.vx > 0.45, 'a walk without end')
    assert g1.ask(7105, '{"velocity":[0,0,0],"duration":0.5}') == (0, '')
    g1.bench.until(lambda: g1.world.vx < 0.01, 'a stop')
    assert g1.ask(7101, '{"data":1}') == (0, '')
    assert g1.ask(7105, '{"velocity":[0.5,0,0],"duration":0.2}')[0] == 7301
    assert g1.ask(7101, '{"data":500}')[0] == 7302, 'from damping it stands first'
    assert g1.ask(7101, '{"data":4}') == (0, '') and g1.ask(7101, '{"data":500}') == (0, '')


def test_a_g1_refuses_what_it_does_not_know(g1: Client) -> None:
    assert g1.ask(1008, '{"x":0.5,"y":0,"z":0}')[0] == 3203
    assert g1.ask(7101, '{"data":77}')[0] == 7302
    for bad in ('{"velocity":[0.5,0]}', '{"velocity":5}', '{}'):
        assert g1.ask(7105, bad)[0] == 3204
    assert unitree_g1.Api.GET_FSM_MODE == 7002 and g1.ask(7002)[0] == 0
