# SPDX-License-Identifier: LGPL-2.1-or-later
"""The wired telegrams of the corpus, against what other decoders say of them."""
import json
from decimal import Decimal, InvalidOperation

import pytest

import corpus
from decode import run, telegrams

ROWS = corpus.rows("mbus")
FUNCTIONS = {
    "Instantaneous value": "instantaneous", "Maximum value": "maximum", "Minimum value": "minimum",
    "Value during error state": "error", "Manufacturer specific": "instantaneous", "More records follow": "instantaneous",
    "Actual value": "instantaneous",
}
# units of libmbus that are not ours: what one of ours is in theirs
NORMALISED = {("min", "s"): 60, ("h", "s"): 3600, ("d", "s"): 86400, ("Wh", "kWh"): Decimal("1e-3"), ("m3", "l"): 1000,
              ("m3", "reserved but historic"): 1000}
# A difference that is no fault of ours, by file ("": any), type of our value, and what tells it; with the reason.
EXCEPTIONS = [
    ("", "bytes", lambda r, raw, text: "no-data" in r["quality"] and raw[0] & 0x0F in (0x0B, 0x0C),
     "libmbus makes numbers of hexadecimal digits in BCD"),
    ("", "bytes", lambda r, raw, text: "no-data" in r["quality"] and r["quantity"] == "timestamp" and "-00" in text,
     "libmbus prints dates that do not exist"),
    ("", "time", lambda r, raw, text: text.startswith("1900-01-0") and "invalid" in r["flags"],
     "libmbus replaces a time that the meter marks invalid"),
    ("", "time", lambda r, raw, text: text.rstrip("Z") in (r["value"], r["value"] + ":00"),
     "libmbus marks clock faces of unknown zone with Z, and adds seconds that were not sent"),
    ("", "bytes", lambda r, raw, text: bytes.fromhex(r["value"]).hex(" ").upper() == " ".join(reversed(text.split())),
     "libmbus turns binary data round"),
    ("", "none", lambda r, raw, text: text == "", "an empty value is no value"),
]
# Numbers of wmbusmeters that its drivers take from manufacturer VIFs or compute, by field; not the norm's.
THEIR_OWN = {
    "frequency_hz", "nominal_frequency_hz", "partial_reactive_energy_consumption_kvarh", "total_reactive_energy_consumption_kvarh",
    "total_reactive_energy_production_kvarh", "operating_time_y", "current_l1_a", "current_l2_a", "current_l3_a", "voltage_1_2_v",
    "voltage_2_3_v", "voltage_3_1_v", "voltage_1_n_v", "voltage_2_n_v", "voltage_3_n_v", "max_total_active_power_tariff1_kw",
    "max_total_active_power_tariff2_kw", "run_meter_tariff1_h", "run_meter_tariff2_h", "run_meter_total_h",
    "three_phase_power_factor", "total_active_power_requirement_kw", "flow_return_temperature_difference_c", "kamheat:operating_time_h",
}
# suffix of a field of wmbusmeters: our units, and what one of them is in its unit
SUFFIXES = {
    "kwh": {"Wh": Decimal("1e-3"), "J": 1 / Decimal(3600000)}, "m3": {"m3": 1}, "m3h": {"m3/h": 1}, "kw": {"W": Decimal("1e-3")},
    "c": {"celsius": 1, "kelvin": 1}, "v": {"V": 1}, "a": {"A": 1}, "hz": {"Hz": 1}, "h": {"h": 1, "d": 24, "s": 1 / Decimal(3600)},
    "kva": {"VA": Decimal("1e-3")}, "kvar": {"var": Decimal("1e-3")}, "rh": {"percent": 1}, "kvarh": {"varh": Decimal("1e-3")},
}
MEDIA = {"electricity": 2, "heat": 4, "heat volume at inlet": 12, "cold water": 22, "room sensor": 27, "water": 7}


def expected(row, ending):
    return [corpus.folder() / name for name in row["expected_files"].split(",") if name.endswith(ending)]


def having(ending, rows=None):
    """Marks a test for the rows that have such an expectation."""
    rows = [row for row in (ROWS if rows is None else rows) if not ending or expected(row, ending)]
    return pytest.mark.parametrize("row", rows or [None], ids=lambda row: row["file"] if row else "corpus")


def decode(row):
    if row is None:
        pytest.skip(corpus.MISSING)
    _, out, err = run("--protocol", "mbus", str(corpus.folder() / row["file"]))
    assert err == ""
    return telegrams(out)[-1]


def number(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def same(record, reading, path):
    """TRUE, or the difference has a reason."""
    text = record["Value"].strip()
    want, raw = number(text), bytes.fromhex(reading["raw"])
    if want is not None and reading["type"] == "decimal":
        got = Decimal(reading["value"])
        if not path.name.endswith(".norm.xml"):  # the number as sent, in a unit that has the exponent: the same digits
            return raw[0] & 0x0F == 5 or want.normalize().as_tuple()[:2] == got.normalize().as_tuple()[:2]
        got *= NORMALISED.get((reading["unit"], record["Unit"]), 1)
        return abs(want - got) <= Decimal("0.0000005") + abs(got) * Decimal("1e-6") * (raw[0] & 0x0F == 5)
    if text == (reading["value"] or "").strip() or (reading["type"] == "bytes" and text.replace(" ", "") == reading["value"]):
        return True
    return any(path.name.startswith(file) and reading["type"] == kind and tells(reading, raw, text)
               for file, kind, tells, _ in EXCEPTIONS)


@having(".xml")
def test_records_are_those_of_libmbus(row):
    one = decode(row)
    for path in expected(row, ".xml"):
        head, records = corpus.xml(path)
        if "Error" in head:
            assert one["error"]["code"] == "application"
            continue
        assert "error" not in one
        assert one["meter"]["id"] == head["Id"].zfill(8)
        assert one["meter"].get("manufacturer", "") == head.get("Manufacturer", "")
        assert (one["meter"]["access"], one["meter"]["status"]) == (int(head["AccessNumber"]), int(head["Status"], 16))
        assert len(one["readings"]) == len(records)
        for record, reading in zip(records, one["readings"]):
            assert reading["function"] == FUNCTIONS[record["Function"]]
            assert reading["storage"] == int(record.get("StorageNumber", reading["storage"]))
            assert reading["tariff"] == int(record.get("Tariff", reading["tariff"]))
            assert reading["subunit"] == int(record.get("Device", reading["subunit"]))
            assert same(record, reading, path), (path.name, record, reading)


@having(".json", [row for row in ROWS if "libmbus" in row["expected_origin"]])
def test_what_libmbus_rejects_has_an_error(row):
    one = decode(row)
    for path in expected(row, ".json"):
        verdict = json.loads(path.read_text())["libmbus_head_f09d613"]
        assert (verdict == "rejected") == ("error" in one)


@having(".json", [row for row in ROWS if row["source_repo"] == "wmbusmeters/wmbusmeters"])
def test_numbers_of_the_norm_are_those_of_wmbusmeters(row):
    one = decode(row)
    want = json.loads(expected(row, ".json")[0].read_text())["expected"]
    assert one["meter"]["id"] == want["id"]
    assert one["meter"]["medium"] == MEDIA[want["media"]]
    for field, value in want.items():
        if not isinstance(value, (int, float)) or field in THEIR_OWN or f"{want['meter']}:{field}" in THEIR_OWN:
            continue
        units = SUFFIXES.get(field.rsplit("_", 1)[-1])
        numbers = [Decimal(r["value"]) * (units or {}).get(r["unit"], 1) for r in one["readings"]
                   if r["type"] == "decimal" and (units is None or r["unit"] in units)]
        value = Decimal(str(value))
        assert any(abs(value - got) <= Decimal("0.0000005") + abs(value) * Decimal("1e-6") for got in numbers), (field, value, numbers)


@having("")
def test_every_telegram_ends_in_readings_or_an_error(row):
    one = decode(row)
    assert one["readings"] or "error" in one
    assert (row["encrypted"] == "yes") == (one.get("error", {}).get("code") == "encrypted")
