"""A relay without sockets: clients speak, and its deeds are kept."""

from collections.abc import Iterable
import json
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.control import Control, Gate, Mode, Request, TeleopCommand
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.teleop.deeds import (
    Deed,
    Publish,
    Send,
)
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.config_files import load_robot

ROBOT = load_robot('sim')


class Desk:
    """A relay on a clock of its own, and what it did."""

    def __init__(self, robot: Robot = ROBOT) -> None:
        numbers = iter(range(1_000_000))
        self.relay = Relay(RelayConfig(), robot, lambda: f'lease{next(numbers)}', 1_000)
        self.now = Now(SECOND, 1_000 * SECOND)
        self.deeds: list[Deed] = []

    def wait(self, ns: int) -> None:
        self.now = Now(self.now.mono + ns, self.now.wall + ns)

    def do(self, deeds: Iterable[Deed]) -> list[Deed]:
        done = list(deeds)
        self.deeds += done
        return done

    def enter(self, client: int, scope: Scope = Scope.DRIVE) -> list[Deed]:
        return self.do(self.relay.enter(client, f'operator{client}', scope, self.now))

    def say(self, client: int, kind: str, **fields: Any) -> list[Deed]:
        text = json.dumps({'type': kind, **fields})
        return self.do(self.relay.message(client, text, self.now))

    def control(self, mode: Mode, epoch: int = 0) -> list[Deed]:
        control = Control(mode, Gate.NONE, '', epoch=epoch)
        return self.do(self.relay.facts(Facts(control, self.now.mono), self.now))

    def tick(self, ns: int = 0) -> list[Deed]:
        self.wait(ns)
        return self.do(self.relay.tick(self.now))

    def claim(self, client: int) -> dict[str, Any]:
        grant = answers(self.say(client, 'claim'), 'grant')[0]
        return {'lease': grant['lease'], 'epoch': grant['epoch']}

    def drive(self, client: int, lease: dict[str, Any], seq: int, **more: Any) -> list[Deed]:
        return self.say(client, 'drive', **{
            **lease, 'seq': seq, 't_client': 5, 'deadman': True, 'axes': {'vx': 0.5}, **more})


def answers(deeds: Iterable[Deed], kind: str) -> list[Any]:
    return [d.message for d in deeds if isinstance(d, Send) and d.message['type'] == kind]


def commands(deeds: Iterable[Deed]) -> list[TeleopCommand]:
    return [d.command for d in deeds if isinstance(d, Publish)]


def requests(deeds: Iterable[Deed]) -> list[Request]:
    return [c.request for c in commands(deeds)]


def events(deeds: Iterable[Deed]) -> list[EventName]:
    return [d.name for d in deeds if isinstance(d, Event)]


def desk(*scopes: Scope) -> Desk:
    made = Desk()
    for client, scope in enumerate(scopes or (Scope.DRIVE, Scope.DRIVE), 1):
        made.enter(client, scope)
    return made
