"""Addresses: what is none is said in one line, and no line repeats a password."""

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.http_url import http_url


def test_the_parts_of_an_address() -> None:
    parts = http_url('https://[::1]:9464/metrics', '--url', '')
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == (
        'https', '::1', 9464, '/metrics')


@pytest.mark.parametrize('url', ['', 'x', 'ftp://h', 'http://', 'http://h:x', 'http://h:99999',
                                 'http://h:0', 'http://[', 'http:///w', '127.0.0.1:9464'])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigError, match=r'^--to .*: http://HOST:PORT or https://HOST:PORT is'):
        http_url(url, '--to', '')


@pytest.mark.parametrize('url', ['http://ada:hunter2@h', 'http://ada:hunter2@h:x'])
def test_a_password_is_refused_unquoted(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        http_url(url, '--to', 'give a file')
    assert str(error.value) == '--to: a password in an address is seen by others: give a file'
