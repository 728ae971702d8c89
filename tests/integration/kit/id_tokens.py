# SPDX-License-Identifier: BSD-2-Clause
"""Signs ID tokens, also as an attacker would forge them, with keys made by openssl."""

import base64
import hashlib
import hmac
import json
import time

from process import run


def b64(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """An RSA (RS256) or P-256 (ES256) key; `jwk` is its public half."""

    def __init__(self, directory, kid="k1", kind="RSA"):
        self.kid, self.kind = kid, kind
        self.alg = "RS256" if kind == "RSA" else "ES256"
        self.file = directory / f"{kid}.pem"
        options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RSA" else [
            "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        run("openssl", "genpkey", *options, "-out", str(self.file), check=True)
        self.jwk = {"kid": kid, "use": "sig", "alg": self.alg, **self._public()}

    def _public(self):
        if self.kind == "RSA":
            text = run("openssl", "rsa", "-in", str(self.file), "-noout", "-modulus", check=True)
            return {"kty": "RSA", "e": "AQAB",
                    "n": b64(bytes.fromhex(text.stdout.strip().partition("=")[2]))}
        text = run("openssl", "ec", "-in", str(self.file), "-noout", "-text", check=True).stdout
        digits = text.partition("pub:")[2].partition("ASN1")[0]
        point = bytes.fromhex("".join(digits.split()).replace(":", ""))
        return {"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}

    def public_pem(self):
        return run("openssl", "pkey", "-in", str(self.file), "-pubout", check=True).stdout.encode()

    def sign(self, claims, **header):
        """A compact JWS; header fields override the usual ones, and None omits one."""
        header = {"alg": self.alg, "kid": self.kid, **header}
        text = f"{b64({k: v for k, v in header.items() if v is not None})}.{b64(claims)}"
        if header["alg"] == "none":
            return f"{text}."
        if header["alg"] == "HS256":
            return f"{text}.{b64(hmac.digest(self.public_pem(), text.encode(), hashlib.sha256))}"
        return f"{text}.{b64(self._signature(text))}"

    def _signature(self, text):
        file = self.file.with_suffix(".tbs")
        file.write_text(text)
        out = self.file.with_suffix(".sig")
        run("openssl", "dgst", "-sha256", "-sign", str(self.file), "-out", str(out), str(file),
            check=True)
        signature = out.read_bytes()
        return signature if self.kind == "RSA" else _raw(signature)


def _raw(der):
    """The two numbers of an ECDSA signature, 32 bytes each, as JWS requires them."""
    numbers, at = [], 2
    for _ in range(2):
        length = der[at + 1]
        numbers.append(der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0"))
        at += 2 + length
    return b"".join(numbers)


def claims(provider, name="alice", **changed):
    """The claims of a correct provider's ID token; None omits one."""
    now = int(time.time())
    usual = {"iss": provider.issuer, "sub": provider.subject(name), "aud": provider.client_id,
             "iat": now, "exp": now + 300, "preferred_username": name}
    return {key: value for key, value in {**usual, **changed}.items() if value is not None}
