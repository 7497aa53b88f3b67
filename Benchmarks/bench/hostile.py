"""Clients that take what they can and give nothing.

usage: python3 -m bench.hostile idle|slow HOST PORT COUNT

Opens so many connections, prints `ready`, keeps that many open, and ends with its standard input. Connections that the
server closes are opened again. They come from several loopback addresses, since one may only have so many.
"""

import resource
import selectors
import socket
import sys
import time

ADDRESSES = 16
IDLE_REQUEST = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
# What a slow client begins with, and what it adds each second.
SLOW = {
    "header": (b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"a"),
    "body": (b"POST /api/v1/tokens/deduct HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
             b"Content-Length: 60000\r\n\r\n{", b" "),
    "reader": (b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", b""),
}


def connect(address, number, kind):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == "reader":
        # So that most of the answer stays with the server.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    connection.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
    connection.settimeout(30)
    connection.connect(address)
    connection.setblocking(False)
    return connection


def begin(address, number, kind):
    connection = connect(address, number, kind)
    if kind in SLOW:
        connection.sendall(SLOW[kind][0])
    elif number % 2 == 0:
        # Half of the idle ones had a request answered before.
        connection.sendall(IDLE_REQUEST)
    return connection


def act(connection, kind):
    """One step of a client; False when the server has closed the connection."""
    try:
        if kind == "reader":
            return connection.recv(1) != b""
        if kind in SLOW:
            connection.send(SLOW[kind][1])
        return connection.recv(65_536) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def main():
    mode, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    address = (host, port)
    kinds = ["idle"] if mode == "idle" else list(SLOW)
    clients = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        clients.append((begin(address, number, kind), kind))
    print("ready", flush=True)

    ending = selectors.DefaultSelector()
    ending.register(sys.stdin, selectors.EVENT_READ)
    reopened = 0
    # Each client acts once a second; they are spread over the second.
    position, due = 0, time.monotonic()
    part = max(1, count // 100)
    while not ending.select(max(0, due - time.monotonic())):
        due += 0.01
        for number in range(position, min(position + part, count)):
            connection, kind = clients[number]
            if not act(connection, kind):
                connection.close()
                try:
                    clients[number] = (begin(address, number, kind), kind)
                    reopened += 1
                except OSError:
                    pass
        position = position + part if position + part < count else 0
    print(reopened, flush=True)
    for connection, _ in clients:
        connection.close()


if __name__ == "__main__":
    main()
