# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP over the gateway's Unix socket, for tests that look at answers as they are on the wire."""
import http.client
import json
import os
import socket


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('metergate', timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.content_type = response.headers.get('Content-Type')
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)


def socket_path(gateway):
    return os.path.join(gateway.state, 'metergate.sock')


def ask(gateway, method, path, body=None, headers=None):
    """One request on a connection of its own; a body that is no text is sent as JSON."""
    connection = Connection(socket_path(gateway))
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    connection.request(method, path, body, headers or {})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


class Stream:
    """The event stream, an item at a time."""

    def __init__(self, gateway, query='', last=None):
        self.connection = Connection(socket_path(gateway))
        self.connection.request('GET', '/api/v1/events/stream' + query, headers={'Last-Event-ID': last} if last else {})
        self.response = self.connection.getresponse()

    def item(self):
        """(name, id, data) of the next one; heartbeats are passed over."""
        fields = {}
        while True:
            line = self.response.readline().decode().rstrip('\n')
            if line.startswith(':'):
                continue
            if line == '' and 'data' in fields:
                return fields['event'], fields.get('id'), json.loads(fields['data'])
            if ': ' in line:
                name, fields_text = line.split(': ', 1)
                fields[name] = fields_text

    def close(self):
        self.response.close()
        self.connection.close()
