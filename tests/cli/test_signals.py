"""Signals reach a command whose main thread is stuck in a library."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

STUCK = """
import ctypes
from symbench.cli.signals import stoppable
with stoppable():
    print("stuck", flush=True)
    lock = ctypes.create_string_buffer(64)
    libc = ctypes.CDLL(None)
    libc.pthread_mutex_init(lock, None)
    libc.pthread_mutex_lock(lock)
    libc.pthread_mutex_lock(lock)  # waits for ever for itself, whatever signals come
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_a_process_whose_main_thread_never_returns(number: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", STUCK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60.0, process.kill)  # else a missing message would be waited for
    watchdog.start()
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "stuck\n"
        time.sleep(0.3)
        process.send_signal(number)
        assert "a second signal stops at once" in process.stderr.readline()
        assert process.poll() is None
        process.send_signal(number)
        began = time.monotonic()
        _, said = process.communicate(timeout=60)
        assert time.monotonic() - began < 5.0
        assert process.returncode == 128 + number
        assert "stopped at once" in said
    finally:
        watchdog.cancel()
        process.kill()
