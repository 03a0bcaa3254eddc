r"""The steps of a walk that are about TLS. A walk in which TLS is spoken is walked twice: over STARTTLS, and on a port that
speaks TLS from the first byte. A part whose title ends in `(starttls only)` or `(implicit only)` is walked there alone.

    until-tls                   to where a handshake begins: connect, and over STARTTLS: 220, EHLO, 250, STARTTLS, 220
    handshake OPTIONS -> OUTCOME    a handshake, and what comes of it. Options: min=1.0 max=1.2 (versions), level=0 (of
                                OpenSSL's security), ciphers=LIST, name=HOST (asked for; none without it), alpn=A,B,
                                verify (the certificate is held against the authority and the name
                                mx.tempfail.test), certificate (the client has one), resume (the last session)
        TLSv1.3                 it succeeds. Behind it `alpn none`, `resumed`, `not resumed`, where it was asked for.
        fatal alert 40, FIN     the server's alert, by its number, and how the connection ended then
        certificate refused: 10 certificate has expired     by the client; OpenSSL's verify code and its words
        client refuses: DH_KEY_TOO_SMALL    for another reason, by OpenSSL's name for it
        100 bytes, RST          the server sent so many bytes in all; then FIN, RST, or silence
        no TLS: b'454 …', FIN   what came is no TLS
    inside-tls                  behind a handshake: EHLO and its 250 (on an implicit port the greeting first)
    secured OPTIONS             until-tls, a handshake that succeeds, inside-tls
    taken-in-tls OPTIONS        a whole session in which a message is accepted inside TLS
    alert 116                   inside TLS the server sends this fatal alert, and the connection ends
    close-notify                the server ends TLS with close_notify, then the connection with FIN, with nothing unsaid
    no-close-notify             the connection ends with FIN, and TLS was not ended before
    staple revoked              what the stapled OCSP response says of the certificate (by `openssl s_client`)
"""
import re
import ssl

from tls_socket import HandshakeFailed, TlsSocket, alert_number, client_context, stapled_status

HOST = "mx.tempfail.test"  # whom certificates are made out to
READY = "220 2.0.0 Ready to start TLS"

# verb: whether it takes an argument (None: may)
VERBS = {
    "until-tls": None, "handshake": True, "inside-tls": False, "secured": None, "taken-in-tls": None, "alert": True,
    "close-notify": False, "no-close-notify": False, "staple": True,
}


def is_for(title, implicit):
    """Whether a part is walked on an implicit port, or over STARTTLS."""
    only = re.search(r"\((starttls|implicit) only\)$", title)
    return only is None or (only[1] == "implicit") == implicit


class TlsSteps:
    """Mixed into walk.Walker. `served.authority` is the file to trust, `served.implicit` says which port this is."""

    session = None  # of the last connection, to be resumed

    def _until_tls(self, argument):
        self._connect(argument)
        if self.served.implicit:
            return
        self._server_code("220")
        self._client("EHLO client.test")
        self._server_code("250")
        self._client("STARTTLS")
        self._server(READY)

    def _handshake(self, argument):
        from walk import Failed
        options, _, expected = (part.strip() for part in argument.partition("->"))
        actual = self._shake_hands(options, expected)
        self._log("--", f"handshake: {actual}")
        if actual != expected:
            raise Failed(f"the handshake: {actual}")

    def _shake_hands(self, text, expected):
        """The outcome, in the words of a walk."""
        from walk import Failed
        options = dict(option.partition("=")[::2] for option in text.split())
        flags = {name: name in options for name in ("verify", "certificate", "resume")}
        name = options.pop("name", HOST if flags["verify"] else None)
        words = {key: value for key, value in options.items() if key not in flags}
        if self._connection.arrived():
            raise Failed(f"not asked for: {self._connection.unread!r}")
        if self.context is None or not flags["resume"]:
            self.context = client_context(self.served.authority, verify=flags["verify"],
                                          certificate=flags["certificate"], **words)
        tls = TlsSocket(self._connection.socket, self.context, name, self.session if flags["resume"] else None)
        self._connection.socket = tls
        try:
            tls.handshake(self.served.barrier if expected.endswith("silence") else None)
        except HandshakeFailed as failure:
            return failure.outcome
        outcome = tls.version()
        if "alpn" in words:
            outcome += f" alpn {tls.tls.selected_alpn_protocol() or 'none'}"
        if flags["resume"]:
            outcome += " resumed" if tls.tls.session_reused else " not resumed"
        return outcome

    context = None

    def _inside_tls(self, _):
        if self.served.implicit:
            self._server_code("220")
        self._client("EHLO client.test")
        self._server_code("250")
        self.session = self._connection.socket.tls.session  # its tickets have come before the reply

    def _secured(self, options):
        from walk import Failed
        self._until_tls("")
        outcome = self._shake_hands(options, "")
        self._log("--", f"handshake: {outcome}")
        if not outcome.startswith("TLSv"):
            raise Failed(f"the handshake: {outcome}")
        self._inside_tls("")

    def _taken_in_tls(self, options):
        self._secured(options)
        self._envelope("a@a.test -> b@b.test")
        self._data("1KB")
        self._server("250 2.0.0 Message accepted")
        self._quit("")

    def _alert(self, number):
        from walk import Failed
        try:
            data = self._connection.socket.recv(4096)
        except ssl.SSLError as failure:
            told = alert_number(failure)
            self._log("S:", f"(alert {told})")
            if told != int(number):
                raise Failed(f"the server: {failure!r}") from failure
            if not self._connection.socket.ends_with_fin():
                raise Failed("the connection does not end behind the alert") from failure
            self.connections.pop(self.step.connection).close()
            return
        raise Failed(f"the server said: {data!r}")

    def _close_notify(self, _):
        from walk import Failed
        tls = self._connection.socket
        self._ends_in_tls(ssl.SSLZeroReturnError)
        if not tls.ends_with_fin():
            raise Failed("behind close_notify there is no FIN")

    def _no_close_notify(self, _):
        self._ends_in_tls(ssl.SSLEOFError)

    def _ends_in_tls(self, wanted):
        from walk import Failed
        connection = self.connections.pop(self.step.connection)
        if connection.unread:
            raise Failed(f"before the end the server said: {connection.unread!r}")
        try:
            data = connection.socket.recv(4096)
        except (ssl.SSLError, ConnectionResetError) as failure:
            self._log("S:", f"({failure!r})")
            if not isinstance(failure, wanted):
                raise Failed(f"the connection ended with {failure!r}") from failure
            return
        raise Failed(f"before the end the server said: {data!r}")

    def _staple(self, expected):
        from walk import Failed
        actual = stapled_status(self.address, self.served.authority, self.served.implicit)
        self._log("--", f"stapled status: {actual}")
        if actual != expected:
            raise Failed(f"the staple says: {actual}")
