"""A sender that does not hear 421: deaf_to_421.py SENDER [ARGUMENT …], as the COMMAND of `tempfail test`.

Between SENDER and the server it makes another reply of each 421, so that the sender takes the session for open and talks on.
Its arguments are given --host and --port.
"""
import os
import re
import socket
import subprocess
import sys
import threading

# What is heard in place of 421: in the greeting a welcome, later a refusal of that command alone.
GREETING, LATER = b"220", b"450"


def pass_on(source, target, change=lambda line: line):
    """Copies lines until the source ends, then ends the target too. Either may be gone first."""
    try:
        with source.makefile("rb") as lines:
            for line in lines:
                target.sendall(change(line))
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(client, server):
    """One connection, both ways."""
    heard = []

    def hide(line):
        heard.append(line)
        in_greeting = all(re.match(rb"\d{3}-", before) for before in heard[:-1])
        return re.sub(rb"^421", GREETING if in_greeting else LATER, line)

    threading.Thread(target=pass_on, args=(client, server), daemon=True).start()
    pass_on(server, client, hide)


def accept(listener, target):
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(target)
        threading.Thread(target=relay, args=(client, server), daemon=True).start()


def main():
    target = (os.environ["TEMPFAIL_HOST"], int(os.environ["TEMPFAIL_PORT"]))
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, target), daemon=True).start()
    here = ["--host", "127.0.0.1", "--port", str(listener.getsockname()[1])]
    return subprocess.run([*sys.argv[1:], *here]).returncode


sys.exit(main())
