"""Runs Benchmarks/fastapi_app.py under uvicorn for as long as a `with` statement lasts."""

import contextlib
import socket
import subprocess
import time

from . import settings

READY_SECONDS = 60
STOP_SECONDS = 30
# Together as many as pgbench has clients.
CONNECTIONS = 32


class Application:
    def __init__(self, system, function, workers, resets=True):
        self.system = system
        self.function = function
        self.resets = resets
        self.workers = workers

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        user = "bench_client" if self.function == "plain" else "tollgate_server"
        environment = self.system.environment(user) | {
            "FUNCTION": self.function, "RESET": "yes" if self.resets else "no",
            "CONNECTIONS": str(CONNECTIONS // self.workers),
            "JWT_SECRET_FILE": str(self.system.directory / "data" / "jwt-secret"), "PYTHONPATH": ""}
        with open(self.system.directory / "application.log", "ab") as log:
            self.process = subprocess.Popen(
                [settings.PYTHON, "-m", "uvicorn", "fastapi_app:app", "--host=127.0.0.1", f"--port={port}",
                 f"--workers={self.workers}", "--loop=uvloop", "--http=httptools", "--no-access-log",
                 "--log-level=warning"],
                cwd=settings.ROOT / "Benchmarks", env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        self.url = f"http://127.0.0.1:{port}"
        try:
            self.wait(port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self, port):
        """Until the workers hold all their connections to the database, and uvicorn listens: with one worker it does later."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fastapi'"
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.system.sql(count) == str(CONNECTIONS):
                with contextlib.suppress(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    return
            time.sleep(0.2)
        raise RuntimeError("uvicorn did not start: " + (self.system.directory / "application.log").read_text()[-1000:])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
