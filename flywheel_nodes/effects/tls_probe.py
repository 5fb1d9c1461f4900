"""Tells the two mistakes apart that are made with http:// and https://."""

import socket
import ssl

PLAIN = frozenset({'WRONG_VERSION_NUMBER', 'HTTP_REQUEST', 'RECORD_LAYER_FAILURE'})


def speaks_plain(error: Exception) -> bool:
    """Tell whether a handshake failed because the server answered something else than TLS."""
    return isinstance(error, ssl.SSLError) and error.reason in PLAIN


def speaks_tls(host: str, port: int, timeout_s: float) -> bool:
    """Ask whether a server speaks TLS, whoever it is: nothing is said to it."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout_s) as made, \
                anyone.wrap_socket(made, server_hostname=host):
            return True
    except OSError:
        return False
