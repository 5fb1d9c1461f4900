"""Who can be let in: keys and certificates of the relay; and its port and the exporter's."""

from collections.abc import Iterator, Mapping
from pathlib import Path
import stat
import time

from flywheel_nodes.core.config import Common, ExporterConfig, RelayConfig
from flywheel_nodes.core.doctor.finding import Finding, ok, refused, warn, wrong
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.bring_up import check_port
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop import tls
from flywheel_nodes.effects.teleop.tokens import has_public_keys, load_public_keys, PRIVATE

DAY_S = 86_400
SOON_DAYS = 30
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def look(data_dir: Path, configs: Mapping[str, Common], played: bool) -> Iterator[Finding]:
    """Yield what was found; played: so is the robot, and its operator sits here."""
    for name, config in configs.items():
        if isinstance(config, RelayConfig):
            folder = Path(config.keys) if config.keys else data_dir / 'keys'
            yield from keys(folder, tls.is_local(config.host), played)
            yield from certificate(config, time.time())
        if isinstance(config, (RelayConfig, ExporterConfig)):
            yield port(data_dir, name, config)


def keys(folder: Path, local: bool, played: bool) -> Iterator[Finding]:
    """
    Yield what was found of the keys that tokens are checked with.

    :param local: the relay is reached from this machine only; played: so is the robot
    """
    if not has_public_keys(folder):
        yield (ok('keys', f'none in {folder}: teleop_relay makes a pair when it starts') if local
               else wrong('keys', f'none in {folder}: teleop_relay does not start',
                          'flywheel keys make on your computer, then copy operator.pub.pem there'))
        return
    try:
        yield ok('keys', f'{count(len(load_public_keys(folder)), "public key")} in {folder}')
    except ConfigError as error:
        yield refused('keys', error)
    private = folder / PRIVATE
    if not private.exists():
        return
    if private.stat().st_mode & OTHERS:
        yield wrong('private key', f'{private} can be read by others', f'chmod 600 {private}')
    elif not played:
        yield warn('private key', f'{private} lies on the robot: who reads it can make tokens',
                   'keep it on the computer that makes tokens')


def certificate(config: RelayConfig, now_s: float) -> Iterator[Finding]:
    """Yield what was found of the relay's certificate."""
    if not config.tls_certificate:
        yield ok('certificate', f'none, {config.host} is reached from this machine only')
        return
    try:
        tls.server_context(config)
        left = (tls.expiry(Path(config.tls_certificate)) - now_s) / DAY_S
    except ConfigError as error:
        yield refused('certificate', error)
        return
    again = 'flywheel keys robot NAME --robots FILE makes another'
    if left < 0:
        yield wrong('certificate', f'{config.tls_certificate} has expired', again)
    elif left < SOON_DAYS:
        yield warn('certificate', f'{config.tls_certificate} expires in '
                                  f'{count(int(left), "day")}', again)
    else:
        yield ok('certificate', f'good for {count(int(left), "day")}')


def port(data_dir: Path, name: str, config: RelayConfig | ExporterConfig) -> Finding:
    """Return what was found of the port of one of our servers."""
    if url := url_of(data_dir, name):
        return ok('port', f'{name} serves {url}')
    try:
        check_port(name, config.host, config.port)
    except ConfigError as error:
        return refused('port', error)
    return ok('port', f'{config.port} is free for {name}' if config.port
              else f'{name} takes any free one')
