"""A headless Chromium, spoken to through a pipe by the Chrome DevTools Protocol."""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from select import select
from typing import Any

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome')
FLAGS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    '--remote-debugging-pipe',
)


def find_browser() -> str | None:
    """Path of an installed Chromium or Chrome, ``$CHROME`` first."""
    names = filter(None, [os.environ.get('CHROME'), *NAMES])
    return next(filter(None, map(shutil.which, names)), None)


class Browser:
    """Opens pages one at a time.

    Attributes:
        complaints: What the page said on the console, threw, or asked of a network.
    """

    def __init__(self, executable: str, profile: Path) -> None:
        reads, self._commands = os.pipe()
        self._answers, writes = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        line = f'exec "$@" 3<&{reads} 4>&{writes}'
        command = [executable, *FLAGS, f'--user-data-dir={profile}', 'about:blank']
        self._process = subprocess.Popen(
            ['bash', '-c', line, 'bash', *command],
            pass_fds=(reads, writes),
            stderr=subprocess.DEVNULL,
        )
        os.close(reads)
        os.close(writes)
        self._pending = b''
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        target = self._call('Target.createTarget', url='about:blank')['targetId']
        self._session = self._call('Target.attachToTarget', targetId=target, flatten=True)[
            'sessionId'
        ]
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self._call(f'{domain}.enable')

    def __enter__(self) -> 'Browser':
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        os.close(self._commands)
        os.close(self._answers)

    def open(self, url: str) -> None:
        """Open a page and wait until it and its pictures are there."""
        self.complaints.clear()
        self._call('Page.navigate', url=url)
        while self._read().get('method') != 'Page.loadEventFired':
            pass

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression."""
        found = self._call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in found, found
        return found['result'].get('value')

    def prefer(self, scheme: str) -> None:
        """Ask for ``light`` or ``dark`` colours."""
        feature = {'name': 'prefers-color-scheme', 'value': scheme}
        self._call('Emulation.setEmulatedMedia', features=[feature])

    def resize(self, width: int, height: int = 800) -> None:
        """Make the window that large."""
        self._call(
            'Emulation.setDeviceMetricsOverride',
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def screenshot(self, path: Path) -> None:
        """Write the whole page as PNG."""
        picture = self._call('Page.captureScreenshot', captureBeyondViewport=True)['data']
        path.write_bytes(base64.b64decode(picture))

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        message = {'id': self._number, 'method': method, 'params': parameters}
        if self._session is not None:
            message['sessionId'] = self._session
        os.write(self._commands, json.dumps(message).encode() + b'\0')
        while (answer := self._read()).get('id') != self._number:
            pass
        assert 'error' not in answer, answer
        return answer['result']

    def _read(self, seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b'\0' not in self._pending:
            ready, _, _ = select([self._answers], [], [], max(end - time.monotonic(), 0))
            part = os.read(self._answers, 1 << 20) if ready else b''
            if not part:
                raise RuntimeError(f'the browser does not answer within {seconds} s')
            self._pending += part
        message, _, self._pending = self._pending.partition(b'\0')
        answer = json.loads(message)
        self._note(answer)
        return answer

    def _note(self, answer: dict[str, Any]) -> None:
        method, parameters = answer.get('method'), answer.get('params', {})
        if method in ('Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'):
            self.complaints.append(json.dumps(parameters))
        elif method == 'Network.requestWillBeSent':
            url = parameters['request']['url']
            if not url.startswith(('data:', 'file:', 'about:')):
                self.complaints.append(f'asked for {url}')
