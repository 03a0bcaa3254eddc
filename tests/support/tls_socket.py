"""TLS on a plain socket, by Python's ssl (OpenSSL) through memory, so that every byte of the server is seen and counted.

Shares nothing with the programs under test.
"""
import _ssl
import pathlib
import socket
import ssl
import subprocess
import tempfile

FIRST_ALERT_REASON = 1000  # OpenSSL's reason codes from here on are alerts


class HandshakeFailed(Exception):
    """`outcome` says how, in the words of a walk."""

    def __init__(self, outcome):
        super().__init__(outcome)
        self.outcome = outcome


def alert_number(error):
    """The number of the alert that an ssl.SSLError is about, or None."""
    code = _ssl.err_names_to_codes.get(error.reason)
    return code[1] - FIRST_ALERT_REASON if code and code[1] >= FIRST_ALERT_REASON else None


class TlsSocket:
    """Looks like the socket it is given. `arrived` counts the bytes of the server, `first` are the first of them."""

    def __init__(self, plain, context, server_name=None, session=None):
        self.plain = plain
        self.arrived = 0
        self.first = b""
        self._was_reset = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name, session=session)

    # --- the handshake

    def handshake(self, is_silent=None):
        """Raises HandshakeFailed. With `is_silent` (asked when nothing is there) silence is an outcome, too."""
        while True:
            try:
                self.tls.do_handshake()
                self._flush()
                return
            except ssl.SSLWantReadError:
                self._flush()
            except ssl.SSLCertVerificationError as failure:
                self._flush()
                raise HandshakeFailed(f"certificate refused: {failure.verify_code} {failure.verify_message}") from failure
            except ssl.SSLError as failure:
                self._flush()
                raise HandshakeFailed(self._told(failure)) from failure
            try:
                if not self._more(is_silent):
                    raise HandshakeFailed(f"{self.arrived} bytes, FIN")
            except ConnectionResetError as failure:
                raise HandshakeFailed(f"{self.arrived} bytes, RST") from failure
            except BlockingIOError as failure:
                raise HandshakeFailed(f"{self.arrived} bytes, silence") from failure

    def _told(self, failure):
        if self.first[:1] == b"\x15" and len(self.first) >= 7:  # an alert as it is on the wire (RFC 8446 section 6)
            level = {1: "warning", 2: "fatal"}.get(self.first[5], self.first[5])
            return f"{level} alert {self.first[6]}, {self._end()}"
        if alert_number(failure) is not None:  # encrypted, so OpenSSL alone can read it
            return f"fatal alert {alert_number(failure)}, {self._end()}"
        if self.first[0] not in range(20, 24):  # no content type of RFC 8446 section 5.1
            end = self._end()
            return f"no TLS: {self.first!r}, {end}"
        return f"client refuses: {failure.reason}"

    def _more(self, is_silent):
        """Gives OpenSSL what has arrived; False at the end. BlockingIOError: silence."""
        if is_silent is None:
            data = self.plain.recv(65536)
        else:
            data = self._unless_silent(is_silent)
        if not data and self._was_reset:
            raise ConnectionResetError
        self._incoming.write(data)
        self.arrived += len(data)
        self.first = (self.first + data)[:1024]
        return bool(data)

    def _unless_silent(self, is_silent):
        patience = self.plain.gettimeout()
        self.plain.settimeout(0)
        try:
            try:
                return self.plain.recv(65536)
            except BlockingIOError:
                is_silent()  # returns when the server has done all it will do
                return self.plain.recv(65536)
        finally:
            self.plain.settimeout(patience)

    def _end(self):
        """How the connection ends: FIN or RST."""
        try:
            while self._more(None):
                pass
        except ConnectionResetError:
            return "RST"
        return "FIN"

    def _flush(self):
        try:
            if self._outgoing.pending:
                self.plain.sendall(self._outgoing.read())
        except ConnectionResetError:
            self._was_reset = True  # the kernel tells it once
        except BrokenPipeError:
            pass  # the reader sees it

    # --- what a socket can do

    def sendall(self, data):
        self.tls.write(data)
        self.plain.sendall(self._outgoing.read())

    def recv(self, size):
        """As a socket's; at the end of TLS ssl.SSLZeroReturnError (close_notify) or ssl.SSLEOFError (without)."""
        while True:
            try:
                data = self.tls.read(size)
                if not data:
                    raise ssl.SSLZeroReturnError("close_notify")
                return data
            except ssl.SSLWantReadError:
                # OpenSSL has had every byte, and found no close_notify. It is not told: it would write no more.
                if not self._more(None):
                    raise ssl.SSLEOFError("FIN without close_notify") from None

    def settimeout(self, seconds):
        self.plain.settimeout(seconds)

    def setsockopt(self, *arguments):
        self.plain.setsockopt(*arguments)

    def shutdown(self, how):
        self.plain.shutdown(how)

    def close(self):
        self.plain.close()

    def version(self):
        return self.tls.version()

    def ends_with_fin(self):
        """Whether the connection itself ends, in order, and with nothing more on it."""
        try:
            return self.plain.recv(1) == b""
        except (ConnectionResetError, socket.timeout):
            return False


VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}


def client_context(authority, level="2", min="1.2", max="1.3", ciphers="DEFAULT", alpn=None, verify=False, certificate=False):
    """What a client does TLS with. `verify`: it believes the file `authority` and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # With this option, which Python sets, an end without close_notify looks like one with it.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    context.check_hostname = bool(verify)
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if verify:
        context.load_verify_locations(authority)
    context.set_ciphers(f"{ciphers}:@SECLEVEL={level}")
    context.minimum_version, context.maximum_version = VERSIONS[min], VERSIONS[max]
    if alpn:
        context.set_alpn_protocols(alpn.split(","))
    if certificate:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "client.pem"
            _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                     "/CN=client.test", "-keyout", file, "-out", file.with_suffix(".crt"))
            context.load_cert_chain(file.with_suffix(".crt"), file)
    return context


def stapled_status(address, authority, implicit):
    """What the stapled OCSP response says of the certificate, as `openssl s_client` reads it (Python can't ask)."""
    start = [] if implicit else ["-starttls", "smtp"]
    said = _openssl("s_client", "-connect", "%s:%d" % address, *start, "-status", "-CAfile", authority, "-servername",
                    "mx.tempfail.test")
    for line in said.splitlines():
        if line.strip().startswith("Cert Status:"):
            return line.partition(":")[2].strip()
    return "no response" if "OCSP response: no response sent" in said else "unreadable"


def _openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], input="", capture_output=True, text=True, timeout=60).stdout
