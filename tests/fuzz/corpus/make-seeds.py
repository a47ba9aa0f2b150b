#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-mbus (a CI, then data, of telegrams made up here) and of fuzz-modbus-server (how the server is, then what
a client sends) beside this file."""
import pathlib

HEADER = "17588506 2D2C 08 04 04 00 0000"
SEEDS = {
    "numbers": "72" + HEADER + "0406E7910000 142CDB000000 022A0001 032D563412 0637010000000001 0713FEFFFFFFFFFFFFFF 0C1412345678",
    "reals": "72" + HEADER + "052E0000C03F 0513000080BF 053E0000C07F",
    "chains": "72" + HEADER + "C4FFFFFFFFFFFFFFFFFF7F0601000000 8B6004371802 02FDC9FF01E600 0493F73C01000000 04BE5801000000",
    "extensions": "72" + HEADER + "04FB0D01000000 02FB1A9001 01FDFD027B 02EF250100 02FF200100",
    "texts": "72" + HEADER + "0DFD0C05656C706D61 02FC0348522574D411 027C034852256400 0DFD3B03010203 0D13C23412 0D13E3010203",
    "dates": "72" + HEADER + "426CFE04 4413E8030000 046D00204111 066D0000A0411135 036D1E0F0C",
    "profile": "72" + HEADER + "84046D00204111 8B0415003012 8D04951F056901030211",
    "more": "72" + HEADER + "2F2F 0413E8030000 1F AABBCC",
    "mode2": "76" + "12345678 4024 01 07 55 00 0000 041300000001 0D7803414243",
    "encrypted": "72" + "17588506 2D2C 08 04 04 00 1005" + "AB" * 16 + "0406E7910000",
    "mode7": "7A" + "04 00 1027 10 01000000" + "AB" * 16 + "0406E7910000",
    "fixed": "73" + "78563412 0A 00 E97E 01000000 35010000",
    "error": "70 08",
    "alarm": "71 05",
    "frame": "68 03 03 68 53 FE BD 0E 16",
}

MODBUS_SEEDS = {
    "read": "40 03 0000 000A",
    "read-input": "43 04 0000 007D",
    "write": "40 10 0000 0001 02 1234",
    "identification": "40 2B 0E 02 00",
    "identification-long": "41 2B 0E 02 04",
    "stream": "40 0001 0000 0006 FF 03 0000 000A 0002 0000 0005 01 2B 0E 01 00 0003 0000 0002 01 07 0004 0000",
    "no-unit": "FF 03 0000 0001",
}

for folder_name, seeds in (("mbus", SEEDS), ("modbus-server", MODBUS_SEEDS)):
    folder = pathlib.Path(__file__).parent / folder_name
    folder.mkdir(exist_ok=True)
    for name, text in seeds.items():
        (folder / name).write_bytes(bytes.fromhex(text.replace(" ", "")))
