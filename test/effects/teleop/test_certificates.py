"""Certificates of a small CA: who they name, what for, how long, and who may read their keys."""

import ipaddress
from pathlib import Path
import stat

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.teleop.certificates import (
    CA_DAYS,
    make_ca,
    make_for_operator,
    make_for_robot,
    OPERATOR_DAYS,
    Pair,
    ROBOT_DAYS,
)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def days(found: x509.Certificate) -> int:
    return (found.not_valid_after_utc - found.not_valid_before_utc).days


def purposes(found: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    make_ca(tmp_path / 'ca')
    return tmp_path / 'ca'


def test_a_ca_signs_certificates_and_no_other_ca(ca: Path) -> None:
    found = load(ca / 'ca.pem')
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value == (
        x509.BasicConstraints(ca=True, path_length=0))
    assert days(found) == CA_DAYS
    assert stat.S_IMODE((ca / 'ca.key.pem').stat().st_mode) == 0o600
    assert stat.S_IMODE(ca.stat().st_mode) == 0o700


def test_a_relay_is_named_as_it_is_reached(ca: Path, tmp_path: Path) -> None:
    pair = make_for_robot(ca, tmp_path / 'g1', 'g1', ['g1.lab', '10.0.0.7', 'fd00::7'])
    found = load(pair.certificate)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ['g1.lab']
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address('10.0.0.7'), ipaddress.ip_address('fd00::7')]
    assert purposes(found) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert days(found) == ROBOT_DAYS
    found.verify_directly_issued_by(load(ca / 'ca.pem'))
    assert stat.S_IMODE(pair.key.stat().st_mode) == 0o600


def test_an_operator_is_a_client_only(ca: Path, tmp_path: Path) -> None:
    found = load(make_for_operator(ca, tmp_path / 'ada', 'ada').certificate)
    assert purposes(found) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert found.subject.rfc4514_string() == 'CN=ada'
    assert days(found) == OPERATOR_DAYS


def test_nothing_is_overwritten(ca: Path) -> None:
    def again() -> Pair:
        return make_for_operator(ca, ca, 'ada')
    before = again().key.read_bytes()
    for remove in ((), ('ada.pem',)):
        for name in remove:
            (ca / name).unlink()
        with pytest.raises(ConfigError, match='not overwritten'):
            again()
    assert (ca / 'ada.key.pem').read_bytes() == before
    with pytest.raises(ConfigError, match='not overwritten'):
        make_ca(ca)


@pytest.mark.parametrize('name', ['', '../ada', 'a/b', 'x' * 65, 'a\nb'])
def test_a_name_that_is_none(name: str, ca: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='a name of 1 to 64'):
        make_for_operator(ca, tmp_path / 'out', name)
    assert not (tmp_path / 'out').exists()


def test_no_ca_or_none_that_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='flywheel keys ca'):
        make_for_operator(tmp_path / 'none', tmp_path, 'ada')
    for name in ('ca.pem', 'ca.key.pem'):
        (tmp_path / name).write_text('junk')
    with pytest.raises(ConfigError, match='no certificate and key'):
        make_for_operator(tmp_path, tmp_path, 'ada')
