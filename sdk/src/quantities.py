# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns docs/names.tsv, the registry of quantities, into the rows of names-quantities.c, and refuses a registry with faults."""
import re
import sys

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*")
KINDS = {"gauge", "counter", "state", "text", "time"}
LAST_INDEX = 95


def rows(path):
    before = ""
    with open(path, encoding="ascii") as registry:
        lines = [(n, line.rstrip("\n")) for n, line in enumerate(registry, 1) if not line.startswith("#")]
    if lines[0][1] != "name\tindex\tkind":
        sys.exit(f"{path}:{lines[0][0]}: expected the columns name, index, kind")
    for n, line in lines[1:]:
        cells = line.split("\t")
        if len(cells) != 3 or not NAME.fullmatch(cells[0]) or not cells[1].isdigit() or cells[2] not in KINDS:
            sys.exit(f"{path}:{n}: {line!r}: expected a dotted name, an index, and one of {', '.join(sorted(KINDS))}")
        if int(cells[1]) > LAST_INDEX:
            sys.exit(f"{path}:{n}: index {cells[1]}, expected 0 to {LAST_INDEX}")
        if cells[0] <= before:
            sys.exit(f"{path}:{n}: {cells[0]!r} after {before!r}: names are in order, each once")
        before = cells[0]
        yield cells


def main(source, target):
    with open(target, "w", encoding="ascii") as out:
        out.write(f"/* made by quantities.py from {source.rsplit('/', 1)[-1]} */\n")
        for name, index, kind in rows(source):
            out.write(f'{{ "{name}", {index}, MG_POINT_{kind.upper()} }},\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
