# SPDX-License-Identifier: Apache-2.0
"""The whole image as a release of ours carries it: run as a program of its own, like streams.py.

    whole.py spec OUT              a release of one image, for `postern release build`
    whole.py unpack RELEASE OUT    the image again from what that made
"""

import glob
import json
import lzma
import subprocess
import sys

SPEC = {
    "format": "postern.release-spec/1", "product": "bench", "version": "2.0.0",
    "notes": {"en": "-", "zh-CN": "-"}, "severity": "normal",
    "fits": {"hardware": [{"model": "bench"}], "os": [">=1.0.0 <2.0.0"]},
    "components": [{"name": "os", "slot_class": "os"}],
    "needs": {"free": 0, "battery": 0, "mains": False, "idle": False, "metered": True},
    "confirm": {"tries": 1, "within_seconds": 60, "checks": []},
}


def image_of(release):
    return next(path for path in glob.glob(f"{release}/targets/bench/*/os.full.*")
                if not path.endswith(".blocks"))


def spec(out):
    with open(out, "w", encoding="utf-8") as file:
        json.dump(SPEC, file)


def unpack(release, out):
    path = image_of(release)
    if path.endswith(".zst"):
        subprocess.run(["zstd", "-q", "-d", "-f", path, "-o", out], check=True)
        return
    with lzma.open(path) as packed, open(out, "wb") as file:
        file.write(packed.read())


if __name__ == "__main__":
    {"spec": spec, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
