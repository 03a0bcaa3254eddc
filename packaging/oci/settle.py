#!/usr/bin/env python3
"""Takes out of a docker-archive what is by chance (the id and the name of the container it was made of), so that the same input makes the same bytes.

    settle.py FILE TAG
"""
import hashlib
import io
import json
import os
import sys
import tarfile


def main():
    path, tag = sys.argv[1:3]
    with tarfile.open(path) as archive:
        manifest, = json.load(archive.extractfile("manifest.json"))
        config = json.load(archive.extractfile(manifest["Config"]))
        layers = [(name, archive.extractfile(name).read()) for name in manifest["Layers"]]
    for name in ("container", "container_config"):
        config.pop(name, None)
    config["config"].pop("Hostname", None)
    encoded = json.dumps(config, separators=(",", ":"), sort_keys=True).encode()
    name = hashlib.sha256(encoded).hexdigest() + ".json"
    settled = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": manifest["Layers"]}], separators=(",", ":")).encode()
    with tarfile.open(path + ".new", "w", format=tarfile.USTAR_FORMAT) as archive:
        for member, content in [(name, encoded), *layers, ("manifest.json", settled)]:
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
