"""How soon a tenant's page is there, in Debian's Chromium, which chromedriver steers (WebDriver, W3C)."""

import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from . import requests, settings

LOADS = 3 if settings.QUICK else 20
START_SECONDS = 60
ANSWER_SECONDS = 60
# Milliseconds from the beginning of the navigation: to the first text on the screen, and to the balances of all types.
WAIT_FOR_BALANCES = """
const done = arguments[arguments.length - 1];
(function look() {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  if (paint && document.querySelector("[data-type=general]")) done([paint.startTime, performance.now()]);
  else requestAnimationFrame(look);
})();
"""


class Browser:
    """A headless browser for as long as a `with` statement lasts. Its profile goes with it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tollgate-browser-", ignore_cleanup_errors=True)
        self.log = open(f"{self.folder.name}/log", "w+b")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            env=os.environ | {"TMPDIR": self.folder.name, "HOME": self.folder.name}, start_new_session=True)
        try:
            self.base = f"http://127.0.0.1:{self.port()}/session"
            arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
            # Chromium refuses its sandbox to root.
            arguments += ["--no-sandbox"] if os.getuid() == 0 else []
            session = self.send("POST", "", {"capabilities": {"alwaysMatch": {
                "timeouts": {"script": ANSWER_SECONDS * 1000}, "goog:chromeOptions": {"args": arguments}}}})
            self.base += "/" + session["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def port(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.driver.poll() is None:
            self.log.seek(0)
            if found := re.search(rb"started successfully on port (\d+)", self.log.read()):
                return int(found[1])
            time.sleep(0.1)
        raise RuntimeError("chromedriver did not start")

    def send(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, json.dumps(body or {}).encode() if method == "POST" else None,
            {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS + 10) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self.send("POST", "/url", {"url": url})

    def wait(self, script):
        return self.send("POST", "/execute/async", {"script": script, "args": []})

    def __exit__(self, *_):
        # The browser is in the driver's group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait()
        self.log.close()
        self.folder.cleanup()


def measure(system):
    """Opens the page of organization 1 again and again; lists of milliseconds to the first paint and to the balances."""
    page = f"http://localhost:{urllib.parse.urlsplit(system.url).port}/dashboard"
    with Browser() as browser:
        browser.open(f"{page}#token={requests.token(system.secret, 1)}")
        browser.wait(WAIT_FOR_BALANCES)
        paints, balances = [], []
        for _ in range(LOADS):
            # So that nothing of the page before is still there.
            browser.open("about:blank")
            browser.open(page)
            paint, complete = browser.wait(WAIT_FOR_BALANCES)
            paints.append(paint)
            balances.append(complete)
    return paints, balances


def words(paints, balances):
    """Medians and worst of what was measured."""
    return (f"balances shown after {statistics.median(balances):.0f} ms (worst {max(balances):.0f}), first paint after"
            f" {statistics.median(paints):.0f} ms (worst {max(paints):.0f}), {len(balances)} loads")
