"""Addresses of HTTP servers as people type them."""

from urllib.parse import SplitResult, urlsplit

from flywheel_nodes.core.errors import ConfigError


def http_url(url: str, option: str, instead: str) -> SplitResult:
    """
    Return the parts of a server's address.

    :param option: that took it
    :param instead: what to do with a password, as nobody may see it in an address
    :raises ConfigError: when it is none or holds a password, in words that do not repeat one
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ('http', 'https') and parts.hostname and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        sound = False
    if '@' in url:
        raise ConfigError(f'{option}: a password in an address is seen by others: {instead}')
    if not sound:
        raise ConfigError(f'{option} {url}: http://HOST:PORT or https://HOST:PORT is needed')
    return parts
