"""Certificates and keys for tests, good and bad, in a folder."""

from pathlib import Path
import ssl
from typing import Any

from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.effects.teleop.certificates import make_ca, make_for_operator, make_for_robot
from flywheel_nodes.effects.teleop.tls import client_context, server_context

HOSTS = ('127.0.0.1', 'localhost')


class Pki:
    """A CA with a relay and an operator, and another CA with an operator of the same name."""

    def __init__(self, folder: Path) -> None:
        self.ours, self.theirs = folder / 'ours', folder / 'theirs'
        for ca in (self.ours, self.theirs):
            make_ca(ca)
            make_for_operator(ca, ca, 'ada')
        make_for_robot(self.ours, self.ours, 'sim', HOSTS)
        make_for_operator(self.ours, self.ours, 'old', days=-1)

    def server(self, mutual: bool = False) -> ssl.SSLContext:
        """Return how the relay does TLS."""
        config = RelayConfig(tls_certificate=str(self.ours / 'sim.pem'),
                             tls_key=str(self.ours / 'sim.key.pem'),
                             client_ca=str(self.ours / 'ca.pem') if mutual else '')
        made = server_context(config)
        assert made
        return made

    def client(self, operator: str = '', by: Path | None = None, **options: Any,
               ) -> ssl.SSLContext:
        """Return how an operator does TLS, with a certificate signed by one of the CAs."""
        folder = by or self.ours
        context = client_context(
            str(self.ours / 'ca.pem'), str(folder / f'{operator}.pem') if operator else '',
            str(folder / f'{operator}.key.pem') if operator else '')
        for name, value in options.items():
            setattr(context, name, value)
        return context
