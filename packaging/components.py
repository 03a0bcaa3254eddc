#!/usr/bin/env python3
"""What is in programs that were linked statically: a list for machines (CycloneDX 1.5), and one for people with all licences.

    components.py --build DIR --version 0.2.0 --commit HASH --epoch SECONDS --sbom FILE --licenses FILE [--dpkg-root DIR] PROGRAM...

Nothing is listed by hand. Which archives are in comes from the linker's maps (DIR/bin/PROGRAM.map), whose headers were compiled in from
what ninja knows of each object; which Debian package a file is of, with its version and its copyright file, from dpkg.
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

# What a package of Debian says with `License:` names; for those whose copyright files have no such fields, what stands in their text.
IN_PROSE = {
    "glibc": ["LGPL-2.1+"], "gcc-12": ["GPL-3+ with GCC-exception-3.1"], "sqlite3": ["public-domain"],
    "libidn2": ["LGPL-3+ or GPL-2+"], "zlib": ["Zlib"],
    "c-ares": ["Expat"], "ldns": ["BSD-3-clause"], "libselinux": ["public-domain"],
}
COMMON = pathlib.Path("usr/share/common-licenses")


def archives_in(map_file):
    """The archives and objects outside of the build of which the linker took something."""
    found = set()
    for line in map_file.read_text(errors="replace").splitlines():
        match = re.match(r"(?:LOAD )?(/[^\s()]+\.(?:a|o))(?:\(|$)", line)
        if match and line.startswith(("LOAD /", "/")):
            path = os.path.realpath(match[1])
            # A line that only loads an archive does not say that anything of it was needed.
            if path.endswith(".o") or not line.startswith("LOAD"):
                found.add(path)
    if not found:
        sys.exit(f"{map_file}: no library in it; is it a linker's map of a static program?")
    return found


def headers_of(build):
    """The headers outside of the project that its objects were made from."""
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    found = {os.path.realpath(line.strip()) for line in text.splitlines() if line.startswith("    /usr/")}
    if not found:
        sys.exit(f"{build}: ninja knows no header of any object")
    return found


class Dpkg:
    """What dpkg says, here or in another root."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.admin = ["--admindir", str(self.root / "var/lib/dpkg")]

    def owners(self, paths):
        """{path: package}; a path that is nobody's is missing."""
        found = {}
        relative = {}
        for path in paths:
            inside = "/" + os.path.relpath(path, self.root)
            relative[inside] = path
            if inside.startswith("/usr/lib"): # a package may know it without /usr
                relative[inside.removeprefix("/usr")] = path
        asked = sorted(relative)
        for begin in range(0, len(asked), 2000):
            out = subprocess.run(["dpkg-query", *self.admin, "--search", *asked[begin:begin + 2000]], capture_output=True, text=True, check=False)
            for line in out.stdout.splitlines():
                packages, _, path = line.rpartition(": ")
                if path in relative and not packages.startswith("diversion"):
                    found[relative[path]] = packages.split(", ")[0]
        return found

    def about(self, package):
        text = subprocess.run(["dpkg-query", *self.admin, "--show", "--showformat",
                               "${source:Package}\n${source:Version}\n${Package}\n${Version}\n${Architecture}\n${Homepage}", package],
                              capture_output=True, text=True, check=True).stdout
        return dict(zip(("source", "source_version", "package", "version", "architecture", "homepage"), text.split("\n")))

    def copyright(self, package):
        return (self.root / "usr/share/doc" / package.split(":")[0] / "copyright").read_text(errors="replace")


def licences_in(source, text):
    names = []
    for name in re.findall(r"^License:[ \t]*(\S.*?)[ \t]*$", text, re.M):
        if name not in names:
            names.append(name)
    return names or IN_PROSE.get(source) or ["see its text"]


def components(dpkg, linked, included):
    """One for each source package, by name: linked where an archive of it is in, else included."""
    result = {}
    for how, paths in (("linked", linked), ("included", included)):
        owners = dpkg.owners(paths)
        strange = sorted(set(paths) - set(owners))
        if strange and how == "linked":
            sys.exit("no package has " + ", ".join(strange))
        for package in sorted(set(owners.values())):
            about = dpkg.about(package)
            one = result.setdefault(about["source"], {**about, "how": how, "packages": [], "copyright": dpkg.copyright(package)})
            if one["how"] == how:
                one["packages"].append(about["package"])
    for source, one in result.items():
        one["licences"] = licences_in(source, one["copyright"])
    return dict(sorted(result.items()))


def sbom(found, options):
    programs = [{"type": "application", "bom-ref": path.name, "name": path.name, "version": options.version,
                 "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
                 "licenses": [{"license": {"id": "MIT"}}]} for path in options.programs]
    parts = []
    for source, one in found.items():
        part = {"type": "library", "bom-ref": source, "name": source, "version": one["source_version"],
                "purl": f"pkg:deb/debian/{source}@{one['source_version'].replace('+', '%2B').replace(':', '%3A')}?arch=source",
                "licenses": [{"license": {"name": name}} for name in one["licences"]],
                "properties": [{"name": "tempfail:how", "value": one["how"]},
                               {"name": "tempfail:packages", "value": " ".join(one["packages"])}]}
        if one["homepage"]:
            part["externalReferences"] = [{"type": "website", "url": one["homepage"]}]
        parts.append(part)
    content = json.dumps([programs, parts], sort_keys=True)
    when = datetime.datetime.fromtimestamp(options.epoch, datetime.timezone.utc)
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, content)),
        "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
                     "component": {"type": "application", "bom-ref": "tempfail-package", "name": "tempfail", "version": options.version,
                                   "purl": f"pkg:generic/tempfail@{options.version}", "licenses": [{"license": {"id": "MIT"}}],
                                   "properties": [{"name": "tempfail:commit", "value": options.commit}]}},
        "components": programs + parts,
        "dependencies": [{"ref": "tempfail-package", "dependsOn": [one["bom-ref"] for one in programs]},
                         *({"ref": one["bom-ref"], "dependsOn": list(found)} for one in programs)],
    }


def licences(found, dpkg, options):
    texts = {}
    lines = [
        f"tempfail {options.version} (commit {options.commit}) is under the MIT licence, see LICENSE.", "",
        "Its programs in this package are linked statically: parts of the libraries below are in them. `linked` means that code of an",
        "archive is in, `included` that only headers were compiled. The name is that of Debian's source package; licences are those that its",
        "copyright file names, also for parts of it that are not in here. The whole texts follow.", "",
        "Some of these are under the LGPL. To link the programs with another version of them: the sources of tempfail at this commit with",
        "`scripts/package tar`, which does nothing but that, on Debian; the libraries' sources: `apt source NAME=VERSION`.", ""]
    for source, one in found.items():
        lines.append(f"{source:20} {one['source_version']:28} {one['how']:9} {', '.join(one['licences'])}")
    for source, one in found.items():
        lines += ["", "=" * 100, f"{source} {one['source_version']}", "=" * 100, "", one["copyright"].rstrip()]
        for name in re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.-]*[A-Za-z0-9])", one["copyright"]):
            path = dpkg.root / COMMON / name
            if path.is_file():
                texts[name] = path.read_text(errors="replace")
    for name, text in sorted(texts.items()):
        lines += ["", "=" * 100, f"/usr/share/common-licenses/{name}", "=" * 100, "", text.rstrip()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--epoch", required=True, type=int)
    parser.add_argument("--sbom", required=True, type=pathlib.Path)
    parser.add_argument("--licenses", required=True, type=pathlib.Path)
    parser.add_argument("--dpkg-root", default="/")
    parser.add_argument("programs", nargs="+", type=pathlib.Path, metavar="PROGRAM")
    options = parser.parse_args()
    dpkg = Dpkg(options.dpkg_root)
    linked = set().union(*(archives_in(pathlib.Path(options.build, "bin", path.name + ".map")) for path in options.programs))
    linked = {path for path in linked if not path.startswith(os.path.realpath(options.build))}
    found = components(dpkg, linked, headers_of(options.build))
    options.sbom.write_text(json.dumps(sbom(found, options), indent=1) + "\n")
    options.licenses.write_text(licences(found, dpkg, options))


if __name__ == "__main__":
    main()
