"""A well-behaved client: a few connections, a modest rate, and how long each answer took.

usage: python3 -m bench.probe HOST PORT SECRET-FILE FIRST-ORGANIZATION SECONDS [FIRST-NEWCOMER]

It deducts. With FIRST-NEWCOMER it does so for that user and those behind it, whom the server has not seen yet and who
name no organization, and reads and asks whether the server is ready in between.

Its times begin when a request was due, not when it could be sent, so that an answer that comes late counts for those
behind it too. The last line it prints is a JSON object, with the milliseconds of each answer.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path

from . import requests

CONNECTIONS = 4
REQUESTS_PER_SECOND = 100
# Under the server's limit of 1000 requests a connection.
REQUESTS_PER_CONNECTION = 900


class Client:
    """One connection, opened anew before the server would close it."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.connection = None
        self.sent = 0

    def ask(self, request):
        """Sends a request and gives the status of its answer."""
        if self.connection is None or self.sent >= REQUESTS_PER_CONNECTION:
            self.close()
            self.connection = socket.create_connection(self.address, timeout=30)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sent = 0
        self.sent += 1
        self.connection.sendall(request)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + body_length(answer[:end]):
            received = self.connection.recv(65_536)
            if not received:
                raise ConnectionError(f"the server closed the connection after {answer!r}")
            answer += received
        return int(answer[9:12])

    def close(self):
        if self.connection is not None:
            self.connection.close()


def body_length(head):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line[15:])
    return 0


def send(host, port, prepared, started, index, times, failures):
    client = Client(host, port)
    for number in range(index, len(prepared), CONNECTIONS):
        due = started + number / REQUESTS_PER_SECOND
        pause = due - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        try:
            status = client.ask(prepared[number])
        except OSError as error:
            failures.append(str(error))
            client.close()
            client.connection = None
            continue
        times.append((time.perf_counter() - due) * 1e3)
        if status != 200:
            failures.append(str(status))
    client.close()


def prepare(secret, host, first, newcomer, number, key):
    # Organizations take turns, as those of a real service would.
    n = first + number % 100
    if newcomer is None:
        return requests.deduct(secret, host, n, key)
    kinds = (
        lambda: requests.first_deduct(secret, host, newcomer + number // 3, key),
        lambda: requests.get(host, "/api/v1/tokens/ledger?limit=10", requests.token(secret, n)),
        lambda: requests.get(host, "/readyz"))
    return kinds[number % 3]()


def main():
    host, port, secret_file, first, seconds, *newcomer = sys.argv[1:]
    secret = Path(secret_file).read_bytes()
    key = f"probe-{time.time_ns()}"
    newcomer = int(newcomer[0]) if newcomer else None
    prepared = [prepare(secret, f"{host}:{port}", int(first), newcomer, number, f"{key}-{number}")
                for number in range(int(float(seconds) * REQUESTS_PER_SECOND))]
    times, failures = [], []
    started = time.perf_counter() + 0.1
    threads = [threading.Thread(target=send, args=(host, int(port), prepared, started, index, times, failures))
               for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"milliseconds": sorted(times), "failed": len(failures), "failures": failures[:5]}))


if __name__ == "__main__":
    main()
