"""The page of `serve --ui` in headless Chromium, driven over its debugging pipe."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

from serve_test import Serving
from support import ROLE, CliTest

CHROMIUM = shutil.which("chromium")


class Browser:
    """One page; messages end with a zero byte (--remote-debugging-pipe)."""

    def __init__(self):
        self.home = tempfile.TemporaryDirectory()
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        # The browser reads from its descriptor 3 and writes to 4.
        script = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$@"'
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", script, "bash", CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", "--window-size=900,900",
             f"--user-data-dir={self.home.name}"],
            pass_fds=[to_browser, from_browser], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": self.home.name})
        os.close(to_browser)
        os.close(from_browser)
        self.pending = b""
        self.number = 0
        self.events = []
        self.session = None

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.pending:
                read = os.read(self.input, 1 << 20)
                if not read:
                    raise RuntimeError("the browser has ended")
                self.pending += read
            text, self.pending = self.pending.split(b"\0", 1)
            answer = json.loads(text)
            if answer.get("id") == self.number:
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while not (value := self.evaluate(expression)):
            if time.monotonic() > end:
                raise AssertionError(f"the page never had: {expression}")
            time.sleep(0.1)
        return value

    def close(self):
        self.process.kill()
        self.process.wait(20)
        os.close(self.output)
        os.close(self.input)
        try:
            self.home.cleanup()
        except OSError:
            pass  # its helpers are still writing


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Page(CliTest):
    def test_page_shows_roles_after_the_token_and_loads_nothing_from_elsewhere(self):
        serving = Serving(self, "--ui", "--quiet", "--role", f"app={ROLE}", "--role", f"broken={ROLE}-none")
        url = serving.settings["Endpoint"] + "/ui/"
        with urllib.request.urlopen(url, timeout=5) as answer:
            self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(url)
        browser.wait_for("document.readyState === 'complete' && document.getElementById('token') !== null")
        give = ("document.getElementById('token').value = {}; document.getElementById('show').click(); true")

        browser.evaluate(give.format(json.dumps("not the token")))
        browser.wait_for("document.getElementById('status').textContent.includes('not the server')")
        self.assertEqual(browser.evaluate("document.querySelectorAll('article').length"), 0)

        browser.evaluate(give.format(json.dumps(serving.token)))
        browser.wait_for("document.querySelectorAll('article').length === 2")
        browser.wait_for("document.querySelector('article').innerText.includes(' left, until ')")
        text = browser.wait_for("document.querySelector('.error') && document.body.innerText")
        self.assertIn("AccessDenied", text)
        self.assertIn("trust policy", text)
        self.assertGreater(browser.evaluate("document.querySelector('progress').value"), 0.5)
        self.assertFalse(serving.token in browser.evaluate("document.documentElement.outerHTML"))

        requested = {event["params"]["request"]["url"] for event in browser.events
                     if event.get("method") == "Network.requestWillBeSent"}
        self.assertTrue(requested and all(each.startswith(url) for each in requested), requested)
        faults = [event for event in browser.events
                  if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["source"] == "security"]
        self.assertEqual(faults, [])
        screenshot = os.environ.get("ARS_SCREENSHOT")
        if screenshot:
            picture = browser.call("Page.captureScreenshot", format="png")["data"]
            pathlib.Path(screenshot).write_bytes(base64.b64decode(picture))


if __name__ == "__main__":
    unittest.main()
