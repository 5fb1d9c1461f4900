"""An exporter is asked over real sockets; what is none, or lets nobody in, is told in one line."""

from collections.abc import Iterator
import contextlib
from pathlib import Path
import socket
import ssl
import threading

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.credentials import add, Credentials, load
from flywheel_nodes.effects.metrics_http import Access, Reply, Server
from flywheel_nodes.effects.scrape_client import ScrapeClient, Unreachable
from test.effects.teleop.pki import Pki

BODY = (b'# TYPE flywheel_build_info gauge\nflywheel_build_info{version="1"} 1\n'
        b'# TYPE flywheel_mode gauge\nflywheel_mode{mode="hold"} 1\n# EOF\n')
OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8'


def serve(body: bytes = BODY, kind: str = OPEN, ready: bytes = b'{"ready": true, "down": {}}',
          access: Access | None = None) -> Server:
    return Server('node', '127.0.0.1', 0, {
        '/metrics': lambda _: Reply(200, body, kind), '/readyz': lambda _: Reply(200, ready)},
        access)


@pytest.fixture
def server() -> Iterator[Server]:
    with contextlib.closing(serve()) as made:
        yield made


@pytest.mark.parametrize('path', ['', '/', '/metrics'])
def test_metrics_and_readiness(server: Server, path: str) -> None:
    found = ScrapeClient(server.url + path).scrape()
    assert found.value('mode', mode='hold') == 1.0
    assert found.down == {} and found.ready
    assert found.wall_s > 1.7e9


def test_the_plain_format_and_no_readiness() -> None:
    with contextlib.closing(serve(BODY[:-6], 'text/plain; version=0.0.4', b'x')) as made:
        found = ScrapeClient(made.url).scrape()
    assert found.value('mode', mode='hold') == 1.0
    assert found.down is None


@pytest.mark.parametrize(('body', 'says'), [
    (b'<html>', 'serves no metrics'), (b'\xff', 'serves no metrics'), (b'', 'serves no metrics'),
    (b'# EOF\n', 'is no exporter of flywheel'), (b'go_threads 1\n# EOF\n', 'is no exporter of')])
def test_what_is_no_exporter(body: bytes, says: str) -> None:
    with contextlib.closing(serve(body)) as made, pytest.raises(Unreachable) as error:
        ScrapeClient(made.url).scrape()
    assert str(error.value).startswith(f'{made.url} {says}') and '\n' not in str(error.value)


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{free.getsockname()[1]}'
        with pytest.raises(Unreachable, match=r'does not answer \(Connection refused\): is the'):
            ScrapeClient(url).scrape()


def test_something_else_there() -> None:
    made = Server('node', '127.0.0.1', 0, {})
    with contextlib.closing(made), pytest.raises(Unreachable, match='answers 404: give the --url'):
        ScrapeClient(made.url).scrape()


def test_tls_and_a_password(tmp_path: Path) -> None:
    pki = Pki(tmp_path / 'pki')
    password = add(tmp_path / 'scrapers', 'ada')
    access = Access(pki.server(), Credentials(load(tmp_path / 'scrapers')))
    with contextlib.closing(serve(access=access)) as made:
        assert ScrapeClient(made.url, 'ada', password, pki.client()).scrape().ready
        with pytest.raises(Unreachable, match='asks for credentials: give --user'):
            ScrapeClient(made.url, 'ada', 'wrong', pki.client()).scrape()
        with pytest.raises(Unreachable, match=r'its certificate is not trusted .*: give --ca'):
            ScrapeClient(made.url, 'ada', password, ssl.create_default_context()).scrape()
        with pytest.raises(Unreachable, match='too many wrong credentials'):
            for _ in range(10):
                with contextlib.suppress(Unreachable):
                    ScrapeClient(made.url, 'ada', 'wrong', pki.client()).scrape()
            ScrapeClient(made.url, 'ada', 'wrong', pki.client()).scrape()


def test_the_wrong_one_of_http_and_https_is_told(tmp_path: Path, server: Server) -> None:
    secure = server.url.replace('http:', 'https:')
    with pytest.raises(Unreachable) as error:
        ScrapeClient(secure, tls=ssl.create_default_context()).scrape()
    assert str(error.value) == f'{secure}: it speaks plain http: use http://'
    with contextlib.closing(serve(access=Access(Pki(tmp_path / 'pki').server()))) as made:
        plain = made.url.replace('https:', 'http:')
        with pytest.raises(Unreachable) as error:
            ScrapeClient(plain).scrape()
    assert str(error.value) == f'{plain}: it speaks TLS: use https://, and --ca for a CA of yours'


def test_who_hangs_up_without_tls_does_not_answer() -> None:
    rude = socket.create_server(('127.0.0.1', 0))

    def hang_up() -> None:
        with contextlib.suppress(OSError):  # until it is closed
            while True:
                rude.accept()[0].close()
    threading.Thread(target=hang_up, daemon=True).start()
    with contextlib.closing(rude), pytest.raises(Unreachable, match='does not answer'):
        ScrapeClient(f'http://127.0.0.1:{rude.getsockname()[1]}').scrape()


def test_a_password_in_a_url_is_refused_unquoted() -> None:
    with pytest.raises(ConfigError, match='give --user and --password-file') as error:
        ScrapeClient('http://ada:hunter2@h')
    assert 'hunter2' not in str(error.value)
