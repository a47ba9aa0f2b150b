# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs `metergate decode` and holds each line of its output to docs/decode.schema.json."""
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/decode.schema.json").read_text()))


def program():
    builds = [os.environ.get("METERGATE_BUILD"), "build/plain", "build-wt", "build"]
    for build in filter(None, builds):
        path = ROOT / build / "core/cli/metergate"
        if path.exists():
            return str(path)
    pytest.skip("metergate is not built (METERGATE_BUILD names the build folder)")


def run(*arguments, text=""):
    """Exit code, standard output, standard error."""
    data = text if isinstance(text, bytes) else text.encode()
    done = subprocess.run([program(), "decode", *arguments], input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def telegrams(out):
    """The objects of an output, each held to the schema."""
    objects = [json.loads(line) for line in out.splitlines()]
    for one in objects:
        VALIDATOR.validate(one)
        assert [reading["index"] for reading in one["readings"]] == list(range(len(one["readings"])))
    return objects


def decode(text, code=None):
    exit_code, out, err = run("--protocol", "mbus", "-", text=text)
    assert err == ""
    assert code is None or exit_code == code, out
    return telegrams(out)


def frame(data, ci=0x72):
    """RSP_UD of primary address 1 around data in hex, as hex."""
    body = bytes([0x08, 0x01, ci]) + bytes.fromhex(data)
    return (bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])).hex()
