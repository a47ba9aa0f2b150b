# SPDX-License-Identifier: LGPL-2.1-or-later
"""The telegram corpus, where it is at hand: METERGATE_CORPUS, else ../shared/corpus beside the source tree or its parent."""
import os
import pathlib
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
MISSING = "no telegram corpus: METERGATE_CORPUS is not set and there is no ../shared/corpus"


def folder():
    named = os.environ.get("METERGATE_CORPUS")
    for place in [named] if named else [ROOT / "../shared/corpus", ROOT / "../../shared/corpus"]:
        path = pathlib.Path(place)
        if (path / "index.tsv").is_file():
            return path.resolve()
    return None


def rows(kind):
    """The rows of index.tsv of one kind, as dictionaries; none without a corpus."""
    path = folder()
    if path is None:
        return []
    lines = (path / "index.tsv").read_text().split("\n")
    names = lines[0].split("\t")
    table = [dict(zip(names, line.split("\t"))) for line in lines[1:] if line]
    return [row for row in table if row["kind"] == kind]


def xml(path):
    """An expectation of libmbus: its header says ISO 8859-1, its bytes are UTF-8."""
    text = path.read_bytes().decode("utf-8", "replace").replace('encoding="ISO-8859-1"', "")
    root = ElementTree.fromstring(text)
    head = {e.tag: (e.text or "") for e in root.find("SlaveInformation") or []}
    records = [{e.tag: (e.text or "") for e in record} for record in root.iter("DataRecord")]
    return head, records
