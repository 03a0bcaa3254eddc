#!/usr/bin/env python3
"""Unpacks the Debian package of a mail server for the tests, in build/peers/ where that can be, and tells where.

Done once, by what `tempfail senders` tells users to run too; tests that run side by side wait for each other.

    fetch_peer.py postfix                      unpacks it, prints its folder
    fetch_peer.py postfix --print smtp-sink    prints the path of one of its programs
    fetch_peer.py postfix --print-env          prints what to set for them: LD_LIBRARY_PATH=…

Exits with 77 (the tests' code for "can't run here") when the package can't be had.
TEMPFAIL_SENDERS_CACHE names another cache folder.
"""
import argparse
import os
import pathlib
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "senders"))
sys.dont_write_bytecode = True

from tempfail_sender import unpack  # noqa: E402 (needs the path)
from tempfail_sender.unpack import Unavailable  # noqa: E402

SKIPPED = 77


def cache_folder():
    """Where peers are unpacked. Mail servers go on as users of their own, and those must reach their programs: below
    a folder that only its owner may enter (a checkout in mktemp's, say) a folder of ours in /var/tmp is used."""
    named = os.environ.get("TEMPFAIL_SENDERS_CACHE")
    if named:
        return pathlib.Path(named)
    if all(folder.stat().st_mode & 0o001 for folder in (CHECKOUT, *CHECKOUT.parents)):
        return CHECKOUT / "build" / "peers"
    private = pathlib.Path(f"/var/tmp/tempfail-senders-{os.geteuid()}")
    private.mkdir(mode=0o755, exist_ok=True)
    if private.is_symlink() or private.stat().st_uid != os.geteuid() or private.stat().st_mode & 0o022:
        raise Unavailable(f"{private} is not ours alone, and other users can't enter {CHECKOUT}")
    return private


def fetch(name):
    """The unpacked peer; fetches it first when it is not there yet. Raises Unavailable."""
    return unpack.fetch(name, cache_folder() / name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("peer", choices=sorted(unpack.PACKAGES))
    parser.add_argument("--print", metavar="PROGRAM", dest="program", help="print the path of this program of it")
    parser.add_argument("--print-env", action="store_true", help="print the environment its programs need")
    arguments = parser.parse_args()
    try:
        peer = fetch(arguments.peer)
        if arguments.program:
            print(peer.program(arguments.program))
        if arguments.print_env:
            print(f"LD_LIBRARY_PATH={peer.library_path()}")
        if not arguments.program and not arguments.print_env:
            print(peer.root)
    except (Unavailable, FileNotFoundError) as reason:
        print(f"can't run here: {reason}", file=sys.stderr)
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
