# SPDX-License-Identifier: Apache-2.0
"""Reads a repository with python-tuf, a TUF client that is not ours:

    python3 read_repository.py ROOT.json METADATA-URL TARGETS-URL FOLDER TARGET...

Prints each target's path and length once it is fetched and verified. Any refusal ends with status 1, and
its kind on the standard error. Without arguments, it takes them from lines on the standard input, and
ends each answer with a line "done 0" or, after the refusal, "done 1".
"""
import os
import shutil
import sys
from urllib.parse import quote

from tuf.ngclient import Updater


def read(root, metadata_url, targets_url, folder, targets):
    metadata = os.path.join(folder, "metadata")
    files = os.path.join(folder, "targets")
    os.makedirs(metadata, exist_ok=True)
    os.makedirs(files, exist_ok=True)
    if not os.path.exists(os.path.join(metadata, "root.json")):
        shutil.copy(root, os.path.join(metadata, "root.json"))
    updater = Updater(metadata, metadata_url + "/", files, targets_url + "/")
    updater.refresh()
    for target in targets:
        info = updater.get_targetinfo(target)
        if info is None:
            raise LookupError(f"no role lists {target}")
        updater.download_target(info, os.path.join(files, quote(target, safe="")))
        print(target, info.length)


def told(arguments):
    try:
        read(*arguments[:4], arguments[4:])
        return None
    except Exception as refusal:  # whatever it is, it is a refusal
        return f"{type(refusal).__name__}: {refusal}"


def serve():
    """Each request is a line of arguments, and a client of its own: Python starts slowly."""
    for line in sys.stdin:
        refusal = told(line.split())
        if refusal:
            print(refusal)
        print("done", 1 if refusal else 0, flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(told(sys.argv[1:]))
    serve()
