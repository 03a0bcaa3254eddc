"""Packages are made: what tools for them are here decides which. The other tests of this folder use them."""
import os
import pathlib
import shutil
import subprocess
import sys

from packaged import PACKAGES, ROOT, skip

TOOLS = {"deb": ["dh", "dpkg-buildpackage"], "tar": ["xz", "dpkg-query"], "oci": ["buildah"], "wheel": ["dpkg-query"],
         "npm": ["dpkg-query"]}


def main():
    kinds = [kind for kind, tools in TOOLS.items() if all(map(shutil.which, tools))]
    if os.geteuid() != 0 and "oci" in kinds:
        kinds.remove("oci")
    if not list(pathlib.Path("/usr/lib").glob("*/libgpgme.a")): # no static link without it
        kinds = [kind for kind in kinds if kind == "deb"]
    if not kinds:
        skip("nothing that makes packages is installed (scripts/install-deps package)")
    shutil.rmtree(PACKAGES, ignore_errors=True)
    done = subprocess.run([ROOT / "scripts" / "package", *kinds], check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    left_out = sorted(set(TOOLS) - set(kinds))
    if left_out:
        skip(f"made {', '.join(kinds)}; the tools for {', '.join(left_out)} are not installed (scripts/install-deps package)")
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=PACKAGES, check=True)


if __name__ == "__main__":
    main()
