"""Who may ask, and how much: names, origins, tokens, types and sizes; whatever comes, the next request is answered."""
import http.client
import json
import os
import socket
import stat

import api
from api import Api
from program import DEADLINE, Server, wait_until


class Guard(api.Case):
    def raw(self, text):
        """What is answered to bytes, to the end of the connection."""
        with socket.create_connection((self.api.address.hostname, self.api.address.port), timeout=DEADLINE) as client:
            client.sendall(text if isinstance(text, bytes) else text.encode())
            client.shutdown(socket.SHUT_WR)
            with client.makefile("rb") as file:
                return file.read()

    def test_host_must_be_a_name_of_this_server(self):
        port = self.api.address.port
        for host in ("localhost", f"localhost:{port}", "LOCALHOST", f"127.0.0.1:{port}", "[::1]", f"[::1]:{port}"):
            self.assertEqual(self.api.get("/v1/version", Host=host).status, 200, host)
        for host in ("evil.test", f"evil.test:{port}", "localhost.evil.test", "127.0.0.1.evil.test", "192.0.2.1"):
            self.problem(self.api.get("/v1/version", Host=host), 421, f"Host {host} is not a name", "localhost")
        self.assertIn(b"has no Host", self.raw("GET /v1/version HTTP/1.1\r\n\r\n"))

    def test_pages_of_others_may_not_use_it(self):
        own = f"127.0.0.1:{self.api.address.port}"
        self.assertEqual(self.api.get("/v1/version", Host=own, Origin="http://" + own).status, 200)
        for origin in ("http://evil.test", "null", "http://localhost", "https://" + own):
            answer = self.api.get("/v1/version", Host=own, Origin=origin)
            self.problem(answer, 403, f"pages of {origin} may not")
            self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])
        answer = self.api.request("OPTIONS", "/v1/servers", headers={"Origin": "http://evil.test"})
        self.problem(answer, 403, "may not")

    def test_bodies_are_json(self):
        body = json.dumps({"scenario": "healthy"})
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = self.api.request("POST", "/v1/servers", body, {"Content-Type": kind})
            self.problem(answer, 415, "Content-Type", "application/json")
        answer = self.api.request("POST", "/v1/servers", body, {"Content-Type": "Application/JSON ; charset=utf-8"})
        self.assertEqual(answer.status, 201)
        answer = self.api.request("PUT", "/v1/scenarios/mine", "{}", {"Content-Type": "application/json"})
        self.problem(answer, 415, "application/json is not supported", "application/yaml")

    def test_sizes(self):
        self.problem(self.api.get("/v1/version", X_Long="x" * 20000), 431, "header is too long")
        long = self.raw(b"POST /v1/servers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 9000000\r\n\r\n" + b"x" * 100)
        self.assertTrue(long.startswith(b"HTTP/1.1 413 Content Too Large\r\n"), long)
        chunks = b"".join(b"%x\r\n%s\r\n" % (65536, b"x" * 65536) for _ in range(140))
        long = self.raw(b"POST /v1/servers HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        self.assertTrue(long.startswith(b"HTTP/1.1 413 "), long[:100])
        self.assertEqual(self.api.get("/readyz").status, 200)

    def test_what_is_not_http(self):
        for text in ("\r\n\r\n\0", "GET\r\n\r\n", "GET /readyz HTTP/9.9\r\n\r\n", "GET /readyz HTTP/1.1\r\nHost\r\n\r\n",
                     "GET /readyz HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
            self.assertTrue(self.raw(text).startswith(b"HTTP/1.1 400 "), text)
        for text in ("", "GET /ready", "POST /v1/servers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{}"):
            self.assertEqual(self.raw(text), b"")  # it was cut short: nobody is there to read an answer
        self.assertEqual(self.api.get("/readyz").status, 200)

    def test_requests_in_one_connection(self):
        connection = self.api.connect()
        for _ in range(3):
            self.assertEqual(self.api.request("GET", "/readyz", connection=connection).status, 200)
            self.assertEqual(self.api.request("GET", "/none", connection=connection).status, 404)
        connection.close()
        both = self.raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(both.count(b"HTTP/1.1 200 OK"), 2)
        self.assertIn(b"Connection: close", self.raw("GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n"))

    def test_expect_100_continue(self):
        with socket.create_connection((self.api.address.hostname, self.api.address.port), timeout=DEADLINE) as client:
            body = json.dumps({"scenario": "healthy"}).encode()
            client.sendall(b"POST /v1/servers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            with client.makefile("rb") as file:
                self.assertEqual(file.readline(), b"HTTP/1.1 100 Continue\r\n")
                self.assertEqual(file.readline(), b"\r\n")
                client.sendall(body)
                self.assertEqual(file.readline(), b"HTTP/1.1 201 Created\r\n")

    def test_too_many_connections(self):
        clients = [socket.create_connection((self.api.address.hostname, self.api.address.port), timeout=DEADLINE)
                   for _ in range(512)]
        try:
            answer = self.raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
        finally:
            for client in clients:
                client.close()
        wait_until(lambda: self.raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 200 "),
                   "there is room again")


class Token(api.Case):
    def setUp(self):
        self.file = None
        api.program.Case.setUp(self)

    def serve(self, *arguments):
        return Server(self.directory, *arguments)

    def test_a_token_from_a_file(self):
        file = self.directory / "token"
        file.write_text("a-token-of-some-length\nmore\n")
        with self.serve("--http", "0", "--http-token", file) as server:
            self.assertEqual(server.ready["http"]["token"], "a-token-of-some-length")
            self.assertNotIn("a-token-of", server.output())
            self.assertEqual(stat.S_IMODE(os.stat(server.ready_file).st_mode), 0o600)
            stranger, friend = (Api(server.ready["http"]["url"], token) for token in (None, "a-token-of-some-length"))
            friend.get("/readyz")
            stranger.paths = friend.paths
            answer = stranger.get("/v1/servers")
            self.problem(answer, 401, "a token is needed", "Bearer")
            self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
            for token in ("Bearer", "Bearer a-token-of-some-lengt", "Bearer a-token-of-some-lengthX", "Basic YTpi",
                          "a-token-of-some-length"):
                self.assertEqual(stranger.get("/v1/servers", Authorization=token).status, 401, token)
            self.assertEqual(stranger.get("/readyz").status, 200)
            self.assertEqual(stranger.get("/metrics").status, 401)
            self.assertEqual(friend.get("/v1/servers").status, 200)
            self.assertEqual(stranger.get("/v1/servers", Authorization="bearer a-token-of-some-length").status, 200)

    def test_a_token_is_made_where_others_reach_it(self):
        with self.serve("--http", "0.0.0.0:0") as server:
            token = server.ready["http"]["token"]
            self.assertRegex(token, "^[0-9a-f]{32}$")
            self.assertIn(f"token of the API: {token}\n", server.output())
            port = int(server.ready["http"]["url"].rsplit(":", 1)[1])
            for headers, status in (({}, 401), ({"Authorization": "Bearer " + token, "Host": "box.test"}, 200)):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
                connection.request("GET", "/v1/servers", headers=headers)
                self.assertEqual(connection.getresponse().status, status)
                connection.close()

    def test_options_that_make_no_sense(self):
        short = self.directory / "short"
        short.write_text("short\n")
        for arguments, part in ((("--http", "x"), "is not a valid address"), (("--http", "localhost:1"), "is not a valid address"),
                                (("--http", "0", "--ports", "5-1"), "--ports 5-1 is not a valid range"),
                                (("--ports", "1-5"), "--ports needs --http"), (("--http-token", short), "needs --http"),
                                (("--http", "0", "--http-token", short), "is not a valid token")):
            with self.subTest(arguments=arguments):
                self.assertIn(part, self.fails(2, "serve", "healthy", "--port", "0", *arguments))
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            self.assertIn(f"port {port} on 127.0.0.1 (HTTP API): already in use",
                          self.fails(3, "serve", "--http", port))
