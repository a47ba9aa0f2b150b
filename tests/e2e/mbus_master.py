# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tiny M-Bus master over a socket: enough of EN 13757-2 to look at a bus from outside."""
import socket


def short(control, address):
    return bytes([0x10, control, address, (control + address) & 0xFF, 0x16])


def long(control, address, ci, data=b""):
    body = bytes([control, address, ci]) + data
    return bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])


class Master:
    def __init__(self, address, timeout=10):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.timeout = timeout

    def close(self):
        self.socket.close()

    def _take(self, size):
        got = b""
        while len(got) < size:
            more = self.socket.recv(size - len(got))
            assert more, "the bus closed the connection"
            got += more
        return got

    def frame(self):
        """One E5 or one long frame with a good checksum."""
        start = self._take(1)
        if start == b"\xe5":
            return start
        assert start == b"\x68", start
        rest = self._take(3)
        assert rest[0] == rest[1] and rest[2] == 0x68, rest
        body = self._take(rest[0] + 2)
        assert body[-1] == 0x16 and body[-2] == sum(body[:-2]) & 0xFF
        return start + rest + body

    def ask(self, request):
        self.socket.settimeout(self.timeout)
        self.socket.sendall(request)
        return self.frame()
