# SPDX-License-Identifier: LGPL-2.1-or-later
"""`metergate decode`: telegrams in hex to readings in JSON."""
import pytest

from decode import decode, frame, run, telegrams

HEADER = "17588506 2D2C 08 04 04 00 0000"
GOOD = frame(HEADER + "0406E7910000")


def test_reading_has_all_that_the_contract_names():
    (one,) = decode(GOOD, code=0)
    assert one == {
        "version": 1, "line": 1,
        "meter": {"id": "06855817", "manufacturer": "KAM", "version": 8, "medium": 4, "status": 0, "access": 4},
        "readings": [{
            "index": 0, "key": "0.0.0.0:00", "quantity": "energy", "unit": "Wh", "type": "decimal", "value": "37351000",
            "function": "instantaneous", "storage": 0, "tariff": 0, "subunit": 0, "quality": [], "raw": "0406E7910000"}]}


def test_case_blanks_remarks_and_empty_lines_are_free():
    blanks = " ".join(GOOD[i:i + 2] for i in range(0, len(GOOD), 2))
    text = f"# a remark\n\n{GOOD.upper()}\n   \n\t{blanks}  # behind it\r\n  # another\n{GOOD[0]} {GOOD[1:]}"
    assert [one["line"] for one in decode(text, code=0)] == [3, 5, 7]


@pytest.mark.parametrize("telegram, code, words", [
    ("68zz", "hex", "column 3: 'z'"),
    ("680", "hex", "3 hex digits"),
    ("A5" + GOOD[2:], "start", "byte 0 is A5, expected 68"),
    (GOOD[:6] + "67" + GOOD[8:], "start", "byte 3 is 67"),
    (GOOD[:-2], "length", "expected"),
    (GOOD + "00", "length", "expected"),
    (GOOD[:4] + "FF" + GOOD[6:], "length", "second length byte is FF"),
    (GOOD[:-4] + "0016", "checksum", "is 00, expected"),
    (GOOD[:-2] + "17", "stop", "is 17, expected 16"),
    (frame("FFFFFFFFFFFFFFFF", 0x52), "ci", "CI 52"),
    ("E5", "ci", "no answer of a meter"),
])
def test_bad_frame_has_error_and_no_readings(telegram, code, words):
    good, bad, again = decode(f"{GOOD}\n{telegram}\n{GOOD}", code=1)
    assert bad["error"]["code"] == code
    assert words in bad["error"]["message"]
    assert bad["readings"] == [] and "meter" not in bad
    assert "error" not in good and "error" not in again


@pytest.mark.parametrize("rest, code", [
    ("0413E803", "truncated"),
    ("04", "truncated"),
    ("3F00", "truncated"),
    ("0D78FB00", "truncated"),
    ("84" + "80" * 10 + "001300000000", "too-many-dife"),
    ("0493" + "BA" * 10 + "3A00000000", "too-many-vife"),
])
def test_what_was_before_the_break_is_kept(rest, code):
    (one,) = decode(frame(HEADER + "0406E7910000" + rest), code=1)
    assert one["error"]["code"] == code
    assert [reading["value"] for reading in one["readings"]] == ["37351000"]
    assert one["meter"]["id"] == "06855817"


def test_application_error_and_encryption_are_errors():
    busy, partly = decode(frame("08", 0x70) + "\n" + frame("17588506 2D2C 08 04 04 00 1005" + "AB" * 16 + "0406E7910000"), code=1)
    assert busy["error"] == {"code": "application", "message": "application error 08: application busy"}
    assert partly["error"]["code"] == "encrypted"
    assert partly["readings"][0]["value"] == "37351000"


def test_values_of_all_types():
    (one,) = decode(frame(HEADER + "046D0B0BCD13 426CFE04 0DFD0C05656C706D61 02FC0348522574D411 0C1378563D12 0800 4413E8030000 0FAABB"), code=0)
    clock, date, text, plain, odd, empty, stored, maker = one["readings"]
    assert (clock["type"], clock["value"], clock["flags"]) == ("time", "2014-03-13T11:11", ["no-seconds"])
    assert (date["value"], date["flags"]) == ("2007-04-30", ["date-only"])
    assert (text["type"], text["value"]) == ("text", "ample")
    assert (plain["key"], plain["unit"], plain["unit_text"], plain["value"]) == ("0.0.0.0:7C'%RH'70", "other", "%RH", "45.64")
    assert (odd["type"], odd["value"], odd["quality"]) == ("bytes", "78563D12", ["no-data", "unfit"])
    assert (empty["type"], empty["value"]) == ("none", None)
    assert (stored["time"], stored["storage"]) == ("2007-04-30", 1)
    assert (maker["key"], maker["type"], maker["value"]) == ("0.0.0.0:0F", "bytes", "AABB")


def test_text_of_a_meter_cannot_break_json():
    odd, padded, holed = (bytes(text, "latin-1")[::-1].hex() for text in ('"\\\n\x1fä', "ab\0\0", "a\0b\0"))
    (one,) = decode(frame(HEADER + f"0DFD0C05{odd} 0DFD0C04{padded} 0DFD0C04{holed}"), code=0)
    assert [(r["type"], r["value"]) for r in one["readings"]] == [
        ("text", '"\\\n\x1fä'), ("text", "ab"), ("bytes", "00620061")]


def test_no_number_is_in_e_notation():
    (one,) = decode(frame(HEADER + "073FFEFFFFFFFFFFFF7F 0150FF 0250FFFF 05330000807F 053F00008000 053FFFFF7F7F"), code=0)
    values = [reading["value"] for reading in one["readings"]]
    assert values[0] == "92233720368547758060"
    assert values[1] == "-0.001"
    assert all("e" not in value.lower() or reading["type"] == "bytes" for value, reading in zip(values, one["readings"]))


def test_file_and_standard_input_give_the_same(tmp_path):
    path = tmp_path / "telegrams.hex"
    path.write_text(GOOD + "\n" + GOOD)
    assert run("--protocol", "mbus", str(path))[:2] == run("--protocol", "mbus", "-", text=path.read_text())[:2]
    assert run("--protocol", "mbus", "-", text="") == (0, "", "")


def test_bytes_that_are_no_text_and_endless_lines_are_errors():
    (odd,) = decode(b"\xff\xfe\x00\n", code=1)
    assert odd["error"]["code"] == "hex"
    long, good = decode("68" * 600000 + "\n" + GOOD, code=1)
    assert long["error"]["code"] == "hex" and "longer" in long["error"]["message"]
    assert good["readings"]


@pytest.mark.parametrize("arguments, words", [
    ([], "usage:"),
    (["--protocol", "mbus"], "usage:"),
    (["--protocol", "mbus", "a", "b"], "usage:"),
    (["--nonsense"], "--nonsense"),
    (["--protocol", "mbus", "/nonexistent/file"], "No such file"),
    (["--protocol", "nonsense", "-"], "driver-nonsense.so"),
    (["--protocol", "../mbus", "-"], "expected a name"),
    (["--protocol", "mbus", "--plugin-dir", "/nonexistent", "-"], "/nonexistent"),
])
def test_wrong_usage_is_exit_2(arguments, words):
    code, out, err = run(*arguments, text=GOOD)
    assert (code, out) == (2, "")
    assert words in err


def test_plugin_that_is_none_is_refused_in_words(tmp_path):
    (tmp_path / "driver-mbus.so").write_text("no plugin")
    code, out, err = run("--protocol", "mbus", "--plugin-dir", str(tmp_path), "-", text=GOOD)
    assert (code, out) == (2, "")
    assert str(tmp_path / "driver-mbus.so") in err


def test_fixed_data():
    (one,) = decode(frame("78563412 0A 00 E97E 01000000 35010000", 0x73), code=0)
    assert one["meter"] == {"id": "12345678", "medium": 7, "status": 0, "access": 10}
    assert [(r["key"], r["unit"], r["value"], r["storage"]) for r in one["readings"]] == [
        ("0.0.0.0:fixed1", "m3", "0.001", 0), ("0.1.0.0:fixed2", "m3", "0.135", 1)]
    assert telegrams("") == []
