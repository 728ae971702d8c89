# SPDX-License-Identifier: BSD-2-Clause
"""A certificate authority for tests, and certificates that clients must refuse."""

import ssl
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from process import run

_CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
default_ca = test
[test]
database = {directory}/index.txt
new_certs_dir = {directory}
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
copy_extensions = copy
x509_extensions = issued
[anything]
commonName = supplied
[issued]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Certificate:
    file: Path  # PEM, like the key
    key: Path

    def server_context(self, newest=None):
        """A TLS context for a server. newest: the highest version that it offers, such as
        ssl.TLSVersion.TLSv1_1."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest is not None:
            if newest < ssl.TLSVersion.TLSv1_2:
                context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 refuses it otherwise
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # an old version is the point
                context.maximum_version = newest
        context.load_cert_chain(self.file, self.key)
        return context


class Authority:
    """A new authority; `file` is its certificate, for a client's trust store."""

    def __init__(self, directory):
        self._directory = Path(directory)
        self._config = self._directory / "openssl.cnf"
        self._config.write_text(_CONFIG.format(directory=self._directory))
        (self._directory / "index.txt").touch()
        self.file = self.self_signed("ca", "Test authority").file

    def issue(self, name="server", hosts=("localhost", "127.0.0.1"), since=-1, until=1):
        """A certificate for these hosts, valid from `since` to `until` days from now."""
        certificate = self._certificate(name)
        request = self._directory / f"{name}.csr"
        run("openssl", "req", "-new", *self._new_key(certificate), *_names(name, hosts),
            "-out", str(request), check=True)
        run("openssl", "ca", "-batch", "-notext", "-config", str(self._config),
            "-startdate", _date(since), "-enddate", _date(until),
            "-in", str(request), "-out", str(certificate.file), check=True)
        return certificate

    def expired(self):
        return self.issue("expired", since=-10, until=-1)

    def not_yet_valid(self):
        return self.issue("not-yet-valid", since=1, until=2)

    def wrong_host(self):
        return self.issue("wrong-host", hosts=("elsewhere.example",))

    def self_signed(self, name="self-signed", subject="localhost"):
        certificate = self._certificate(name)
        run("openssl", "req", "-x509", "-days", "1", *self._new_key(certificate),
            *_names(subject, ("localhost", "127.0.0.1")),
            "-addext", "basicConstraints = critical, CA:true",
            "-addext", "keyUsage = critical, keyCertSign, digitalSignature",  # Python 3.13 wants it
            "-addext", "subjectKeyIdentifier = hash",
            "-out", str(certificate.file), check=True)
        return certificate

    def _certificate(self, name):
        return Certificate(self._directory / f"{name}.pem", self._directory / f"{name}.key")

    def _new_key(self, certificate):
        return ("-config", str(self._config), "-noenc", "-keyout", str(certificate.key),
                "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def _names(subject, hosts):
    alternatives = (f"{'IP' if host[0].isdigit() else 'DNS'}:{host}" for host in hosts)
    return ("-subj", f"/CN={subject}", "-addext", f"subjectAltName = {','.join(alternatives)}")


def _date(days):
    when = datetime.now(timezone.utc) + timedelta(days=days)
    return when.strftime("%Y%m%d%H%M%SZ")
