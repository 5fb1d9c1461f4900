"""
A small certificate authority: one CA, certificates for relays and for operators.

ECDSA on P-256, because browsers take no Ed25519 certificates. A relay's certificate names the
hosts of the list of robots and serves only as one of a server; an operator's names the operator
and serves only as one of a client. The CA's key belongs on no robot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.teleop.fleet import is_address

CA, CA_KEY = 'ca.pem', 'ca.key.pem'
CA_DAYS, ROBOT_DAYS, OPERATOR_DAYS = 3650, 397, 90
_EARLIER = timedelta(minutes=5)  # clocks differ
_LONGEST_NAME = 64
_KEPT = 'is not overwritten; move it away to make a new one'
_PEM = serialization.Encoding.PEM
# What a key may be used for, in the order of x509.KeyUsage.
_USES = ('digital_signature', 'content_commitment', 'key_encipherment', 'data_encipherment',
         'key_agreement', 'key_cert_sign', 'crl_sign', 'encipher_only', 'decipher_only')


@dataclass(frozen=True)
class Pair:
    """Where a certificate and its key lie."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class _Ca:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_ca(folder: Path, name: str = 'flywheel CA', days: int = CA_DAYS) -> Pair:
    """Make a CA: ca.pem for everybody, ca.key.pem for its owner; raises ConfigError."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    # A path length of 0: it signs no other CA.
    certificate = (_begun(subject, subject, key.public_key(), days)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                   .add_extension(_usage('key_cert_sign', 'crl_sign'), critical=True)
                   .sign(key, hashes.SHA256()))
    return _write(folder / CA, folder / CA_KEY, certificate, key)


def make_for_robot(ca: Path, out: Path, robot: str, hosts: Sequence[str],
                   days: int = ROBOT_DAYS) -> Pair:
    """
    Make a relay's certificate.

    :param ca: the folder of the CA
    :param hosts: host names and addresses under which the relay is reached
    :raises ConfigError: when there is one already or the CA cannot be read
    """
    names: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(host)) if is_address(host) else x509.DNSName(host)
        for host in hosts]
    return _make(ca, out, robot, days, ExtendedKeyUsageOID.SERVER_AUTH, names)


def make_for_operator(ca: Path, out: Path, operator: str, days: int = OPERATOR_DAYS) -> Pair:
    """Make an operator's certificate; as make_for_robot()."""
    return _make(ca, out, operator, days, ExtendedKeyUsageOID.CLIENT_AUTH, [])


def _make(ca: Path, out: Path, name: str, days: int, purpose: x509.ObjectIdentifier,
          names: Sequence[x509.GeneralName]) -> Pair:
    if not name or len(name) > _LONGEST_NAME or '/' in name or not name.isprintable():
        raise ConfigError(f'{name!r}: a name of 1 to {_LONGEST_NAME} characters without / is '
                          'needed')
    authority = _load(ca)
    key = ec.generate_private_key(ec.SECP256R1())
    began = (_begun(_name(name), authority.certificate.subject, key.public_key(), days)
             .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
             .add_extension(_usage('digital_signature'), critical=True)
             .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
             .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                 authority.key.public_key()), critical=False))
    if names:
        began = began.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = began.sign(authority.key, hashes.SHA256())
    return _write(out / f'{name}.pem', out / f'{name}.key.pem', certificate, key)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey,
           days: int) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    end = now + timedelta(days=days)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, end) - _EARLIER).not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in allowed for use in _USES})


def _load(folder: Path) -> _Ca:
    try:
        certificate = x509.load_pem_x509_certificate((folder / CA).read_bytes())
        key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), None)
    except OSError as error:
        raise ConfigError(f'{error.filename}: {error.strerror}: make a CA with '
                          '`flywheel keys ca`') from None
    except (ValueError, TypeError):
        raise ConfigError(f'{folder}: {CA} and {CA_KEY} hold no certificate and key') from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(f'{folder / CA_KEY}: a key of `flywheel keys ca` is needed')
    return _Ca(certificate, key)


def _write(certificate_path: Path, key_path: Path, certificate: x509.Certificate,
           key: ec.EllipticCurvePrivateKey) -> Pair:
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    if certificate_path.exists():
        raise ConfigError(f'{certificate_path} {_KEPT}')
    try:
        key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(key_path, private, 0o600)
        write_new(certificate_path, certificate.public_bytes(_PEM), 0o644)
    except FileExistsError as error:
        raise ConfigError(f'{error.filename} {_KEPT}') from None
    except OSError as error:
        raise ConfigError(f'{key_path.parent}: keys cannot be written '
                          f'({error.strerror})') from None
    return Pair(certificate_path, key_path)


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet; raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), 'wb') as file:
        file.write(content)
