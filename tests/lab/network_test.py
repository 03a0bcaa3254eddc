"""The sealed network as a raw client inside of it sees it: as root, and as a user without any privilege."""
import errno
import os
import socket
import subprocess
import unittest

import sealed

SENDER = "203.0.113.2"
FIRST = "192.0.2.1"
SECOND = "192.0.2.2"


class Network(sealed.Case):
    """The tests; a class below for every user that runs them."""
    user = os.geteuid()

    def test_own_address_name_and_files(self):
        outside = {path: read(path) for path in ("/etc/resolv.conf", "/etc/hosts")}
        seen = self.program.lab("look")
        self.assertEqual(seen["devices"], ["eth0", "lo"])
        self.assertEqual(seen["host_name"], "mail.sender.test")
        self.assertEqual(seen["own_address"], SENDER)
        self.assertIn("nameserver 192.0.2.53\n", seen["resolv_conf"])
        self.assertIn("options timeout:1 attempts:1\n", seen["resolv_conf"])
        self.assertIn(f"{SENDER} mail.sender.test mail\n", seen["hosts"])
        self.assertIn(seen["hostname"], ("mail.sender.test\n", None))
        self.assertEqual({path: read(path) for path in outside}, outside)
        self.assertNotEqual(socket.gethostname(), "mail.sender.test")

    def test_processes_are_its_own(self):
        seen = self.program.lab("look")
        self.assertEqual(seen["processes"], [1, seen["pid"]])
        self.assertEqual(seen["parent"], 0)  # it is outside
        self.assertEqual(seen["user"], 0)
        self.assertEqual(seen["directory"], os.path.realpath(self.program.work))

    def test_nothing_of_the_program_is_open_or_ignored(self):
        seen = self.program.lab("look", options=("--journal", "journal.jsonl"))
        self.assertLessEqual(len(seen["open"]), 4, seen["open"])  # 0 to 2, and the one that looks
        # By a program that, unlike Python, changes none of them itself.
        result = self.program.run("lab", "-q", "--scenario", "healthy", "--", "grep", "^Sig[BI]", "/proc/self/status")
        self.assertEqual([int(line.split()[1], 16) for line in result.stdout.splitlines()], [0, 0], result.stdout)

    def test_no_address_of_a_host_is_the_senders(self):
        self.assertEqual(self.program.lab("bind", SENDER, "127.0.0.1", FIRST, "192.0.2.53", "203.0.113.1", "2001:db8::1"),
                         {SENDER: "bound", "127.0.0.1": "bound", FIRST: "EADDRNOTAVAIL", "192.0.2.53": "EADDRNOTAVAIL",
                          "203.0.113.1": "EADDRNOTAVAIL", "2001:db8::1": "EADDRNOTAVAIL"})

    def test_scenarios_have_the_ports_of_mail_servers(self):
        lines = self.program.lab("greet", FIRST, "25", FIRST, "587", SECOND, "25", SECOND, "587",
                                 scenarios=("healthy", "disk-full"))
        self.assertEqual(len(lines), 4)
        for line in lines.values():
            self.assertTrue(line.startswith("220 "), line)
        self.assertEqual(self.program.lab("connect", FIRST, "465", FIRST, "25", options=("--tls",)),
                         {f"{FIRST} 465": "open", f"{FIRST} 25": "ECONNREFUSED"})

    def test_connections_that_fail(self):
        """As often as they are tried: the answer comes at once each time."""
        dead = {"198.51.100.251": "EHOSTUNREACH", "198.51.100.252": "ENETUNREACH", "198.51.100.253": "EHOSTUNREACH",
                "192.0.2.99": "ENETUNREACH", "8.8.8.8": "ENETUNREACH"}
        words = [word for address in dead for port in ("25", "26", "465", "587") for word in (address, port)]
        for target, answer in self.program.lab("connect", *words).items():
            self.assertEqual(answer, dead[target.split()[0]], target)
        self.assertEqual(self.program.lab("connect", FIRST, "26", "203.0.113.1", "25"),
                         {f"{FIRST} 26": "ECONNREFUSED", "203.0.113.1 25": "ECONNREFUSED"})
        self.assertEqual(self.program.lab("silent", "198.51.100.254", "25"), {"198.51.100.254 25": "timeout"})

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "the kernel has no IPv6")
    def test_connections_that_fail_over_ipv6(self):
        dead = {"2001:db8::251": "EHOSTUNREACH", "2001:db8::252": "ENETUNREACH", "2001:db8::253": "EACCES",
                "2001:db8::99": "ENETUNREACH", "2606:4700::1111": "ENETUNREACH"}
        words = [word for address in dead for port in ("25", "26", "465", "587") for word in (address, port)]
        for target, answer in self.program.lab("connect", *words).items():
            self.assertEqual(answer, dead[target.split()[0]], target)
        self.assertEqual(self.program.lab("connect", "2001:db8:ffff::1", "25"), {"2001:db8:ffff::1 25": "ECONNREFUSED"})
        self.assertEqual(self.program.lab("silent", "2001:db8::254", "25"), {"2001:db8::254 25": "timeout"})

    def test_datagrams_that_fail(self):
        self.assertEqual(self.program.lab("ask", "198.51.100.251", "53", "198.51.100.252", "53"),
                         {"198.51.100.251 53": "EHOSTUNREACH", "198.51.100.252 53": "ENETUNREACH"})

    def test_a_host_that_is_silent_drops_the_syn(self):
        self.assertEqual(self.program.lab("silent", FIRST, "25", scenarios=("no-answer",)), {f"{FIRST} 25": "timeout"})

    def test_the_name_servers_address_is_on_the_other_side_and_has_no_other_port(self):
        self.assertEqual(self.program.lab("ask", "192.0.2.53", "54"), {"192.0.2.53 54": "ECONNREFUSED"})
        self.assertEqual(self.program.lab("connect", "192.0.2.53", "53", "192.0.2.53", "25"),
                         {"192.0.2.53 53": "open", "192.0.2.53 25": "ECONNREFUSED"})

    def test_nothing_leads_out(self):
        with socket.create_server(("0.0.0.0", 0)) as outside, socket.socket(socket.AF_UNIX) as named:
            port = str(outside.getsockname()[1])
            name = f"tempfail-lab-test-{os.getpid()}"
            named.bind("\0" + name)
            named.listen()
            outside.settimeout(0)
            targets = ["127.0.0.1", *own_addresses()]
            words = [word for address in targets for word in (address, port)]
            seen = self.program.lab("connect", *words)
            self.assertEqual(seen.pop(f"127.0.0.1 {port}"), "ECONNREFUSED")  # its own loopback
            self.assertLessEqual(set(seen.values()), {"ENETUNREACH"})
            self.assertEqual(self.program.lab("connect", "10.255.255.1", "25"), {"10.255.255.1 25": "ENETUNREACH"})
            self.assertEqual(self.program.lab("abstract", name), "ECONNREFUSED")
            with self.assertRaises(BlockingIOError):
                outside.accept()

    def test_orphans_are_taken_in(self):
        self.assertEqual(self.program.lab("orphan"), {"parent": 1, "gone": True})


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def own_addresses():
    """What this machine is called by others, without asking anybody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return [probe.getsockname()[0]]
        except OSError:
            return []


class Hidden(sealed.Case):
    """Services that look names up outside are not there, even where their sockets are."""

    def test_a_cache_of_names_can_not_be_asked(self):
        inside = "import socket; s = socket.socket(socket.AF_UNIX); print(s.connect_ex('/run/nscd/socket'))"
        # Whoever asks this cache is hung up on at once: else each program that looks a user up waits for its answer.
        outside = ("import os, socket, subprocess, sys, threading\n"
                   "def hang_up():\n"
                   "    while True: s.accept()[0].close()\n"
                   "os.mkdir('/run/nscd'); s = socket.socket(socket.AF_UNIX); s.bind('/run/nscd/socket'); s.listen()\n"
                   "threading.Thread(target=hang_up, daemon=True).start()\n"
                   "subprocess.run(['python3', '-c', sys.argv[1]])\n"
                   "subprocess.run(sys.argv[2:] + ['python3', '-c', sys.argv[1]])\n")
        result = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh",
             sealed.PYTHON, "-c", outside, inside, str(self.program.tempfail), "lab", "-q", "--scenario", "healthy", "--"],
            capture_output=True, text=True, timeout=120, cwd=self.program.work)
        self.assertEqual(result.stdout.split(), ["0", str(errno.ECONNREFUSED)], result.stderr)


class AsNobody(sealed.AsNobody, Network):
    def test_says_that_nobody_else_exists(self):
        result = self.program.run("lab", "-q", "--scenario", "healthy", "--", "true")
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn("a program that changes its user fails there", result.stderr)
        self.assertIn("/etc/subuid", result.stderr)


if __name__ == "__main__":
    sealed.main()
