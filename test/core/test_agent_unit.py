"""The agent's files: nothing secret in the open, labels and addresses as they were given."""

from dataclasses import replace

import pytest
import yaml

from flywheel_nodes.core.agent_unit import (
    Agent,
    environment_text,
    scrape_text,
    unit_text,
    url_in,
)
from flywheel_nodes.core.errors import ConfigError

PLAIN = Agent('go2-07', 'hall-3', 'http://10.0.0.1:9090/api/v1/write')
SAFE = replace(PLAIN, url='https://m.example/api/v1/write', token='/etc/flywheel/t 1')


def test_the_agent_has_a_user_and_a_folder_of_its_own_and_bounds() -> None:
    assert {'DynamicUser=yes', 'StateDirectory=flywheel-vmagent', 'MemoryMax=268435456',
            'NoNewPrivileges=yes', 'ProtectHome=yes', 'CapabilityBoundingSet=',
            'Restart=always'} <= set(unit_text(PLAIN).splitlines())
    assert 'ProtectHome=read-only' not in unit_text(PLAIN)


def test_a_token_is_named_by_its_file_only_and_systemd_hands_it_over() -> None:
    assert 'LoadCredential=token:"/etc/flywheel/t 1"' in unit_text(SAFE).splitlines()
    assert '-remoteWrite.bearerTokenFile=${CREDENTIALS_DIRECTORY}/token' in unit_text(SAFE)
    assert 'oken' not in environment_text(SAFE)
    assert 'oken' not in unit_text(PLAIN)


def test_the_environment_says_who_and_where_and_how_much() -> None:
    assert {'VMAGENT_remoteWrite_url=http://10.0.0.1:9090/api/v1/write',
            'VMAGENT_remoteWrite_label=robot=go2-07,site=hall-3',
            'VMAGENT_remoteWrite_maxDiskUsagePerURL=1000000000'} <= set(
                environment_text(PLAIN).splitlines())
    trusting = environment_text(replace(PLAIN, authority='/etc/ca.pem'))
    assert 'VMAGENT_remoteWrite_tlsCAFile=/etc/ca.pem' in trusting.splitlines()


def test_the_url_of_an_environment_is_found_as_systemd_finds_it() -> None:
    assert url_in(environment_text(SAFE)) == SAFE.url
    assert url_in('') == url_in('# VMAGENT_remoteWrite_url=a') == ''
    assert url_in('VMAGENT_remoteWrite_url=a\n VMAGENT_remoteWrite_url="b" \nX=1') == 'b'


def test_it_scrapes_the_exporter_and_itself_without_labels_of_its_own() -> None:
    jobs = yaml.safe_load(scrape_text(replace(PLAIN, exporter='[::1]:9999')))['scrape_configs']
    assert [(job['job_name'], job['static_configs']) for job in jobs] == [
        ('flywheel', [{'targets': ['[::1]:9999']}]),
        ('vmagent', [{'targets': ['127.0.0.1:8429']}])]


@pytest.mark.parametrize(('change', 'says'), [
    ({'robot': 'a,b=c'}, "robot 'a,b=c' cannot be a label"), ({'site': ''}, "site '' cannot"),
    ({'site': 'a\nb'}, 'cannot be a label'), ({'url': 'ftp://x'}, '--metrics-to ftp://x: http'),
    ({'url': 'https://me:secret@x/'}, 'put a token into a file'),
    ({'url': 'https://x/\nVMAGENT_a=b'}, '--metrics-to: a URL'),
    *(({'url': url}, '--metrics-to.*https://HOST') for url in (
        'https://h:abc/w', 'https://[::1/w', 'https://h', 'https://h/', 'https:///w')),
    ({'token': '/etc/t'}, '--metrics-to must begin with https:')])
def test_what_would_be_read_otherwise_or_leak_is_refused(
        change: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as error:
        replace(PLAIN, **change)
    assert 'secret' not in str(error.value)
