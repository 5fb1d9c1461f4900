"""What a server's parameters say about TLS and addresses, checked; TLS contexts for both ends."""

from datetime import timezone
import ipaddress
from pathlib import Path
import ssl
import warnings

from cryptography import x509

from flywheel_nodes.core.config import ExporterConfig, RelayConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse
from flywheel_nodes.core.teleop.fleet import allowed_origins, Fleet
from flywheel_nodes.effects.config_files import read_yaml
from flywheel_nodes.effects.private_file import check_private

Serving = RelayConfig | ExporterConfig
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check(config: Serving) -> None:
    """Refuse to be reached from elsewhere without TLS, or half a pair; raises ConfigError."""
    who = _who(config)
    if bool(config.tls_certificate) != bool(config.tls_key):
        raise ConfigError(f'{who}: tls_certificate and tls_key belong together: give both '
                          'or none')
    if _client_ca(config) and not config.tls_certificate:
        raise ConfigError(f'{who}: client_ca asks for certificates, which needs TLS: give '
                          'tls_certificate and tls_key, too')
    if not is_local(config.host) and not config.tls_certificate:
        raise ConfigError(f'{who}: host {config.host} can be reached from elsewhere: give '
                          'tls_certificate and tls_key (`flywheel keys robot`), or use 127.0.0.1 '
                          'and a tunnel')


def _who(config: Serving) -> str:
    return 'teleop_relay' if isinstance(config, RelayConfig) else 'health_exporter'


def _client_ca(config: Serving) -> str:
    return config.client_ca if isinstance(config, RelayConfig) else ''


def is_local(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return host == 'localhost' or _plain(ipaddress.ip_address(host)).is_loopback
    except ValueError:
        return False


def _plain(address: Address) -> Address:
    """Return the IPv4 address behind one that a socket for both has shown as IPv6."""
    return getattr(address, 'ipv4_mapped', None) or address


def server_context(config: Serving) -> ssl.SSLContext | None:
    """Return how a server does TLS, None for not at all; raises ConfigError."""
    check(config)
    if not config.tls_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, config.tls_certificate, config.tls_key, _who(config))
    if client_ca := _client_ca(config):
        _trust(context, client_ca, f'{_who(config)}: client_ca')
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(ca: str = '', certificate: str = '', key: str = '') -> ssl.SSLContext:
    """
    Return how a client does TLS.

    :param ca: PEM file of the CA to trust, '' for those of the system
    :param certificate: PEM file with the client's own, '' for none
    :param key: PEM file with its key, '' where the same file holds both
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _trust(context, ca, 'CA')
    if certificate:
        _load(context, certificate, key or certificate, 'certificate')
    return context


def _load(context: ssl.SSLContext, certificate: str, key: str, what: str) -> None:
    if not Path(certificate).is_file():
        raise ConfigError(f'{what}: {certificate}: No such file')
    check_private(Path(key), what)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f'{what}: {certificate} and {key} are no certificate and its key '
                          f'({_short(error)})') from None


def _trust(context: ssl.SSLContext, ca: str, what: str) -> None:
    try:
        context.load_verify_locations(ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f'{what}: {ca} is no CA certificate ({_short(error)})') from None


def _short(error: OSError) -> str:
    return getattr(error, 'reason', '') or error.strerror or 'unreadable'


def expiry(certificate: Path) -> float:
    """Return when a certificate ends, in seconds since 1970."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # not_valid_after_utc is too new for Ubuntu's own
        return found.not_valid_after.replace(tzinfo=timezone.utc).timestamp()


def load_fleet(path: str) -> Fleet:
    """Return the list of robots in a YAML file; raises ConfigError."""
    return parse(Fleet, read_yaml(Path(path)), path)


def origins(config: RelayConfig) -> tuple[str, ...]:
    """Return which web pages may connect; raises ConfigError."""
    return allowed_origins(load_fleet(config.robots)) if config.robots else ()
