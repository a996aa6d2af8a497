"""On one machine no part of a run listens beyond loopback: every process, every socket."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import psutil
import pytest

from tests.driver_process import Drivers
from tests.sockets import is_loopback, listening


def other_addresses() -> list[str]:
    """The addresses of this machine beside loopback, in the form that a connection takes."""
    addresses = []
    for interface, all_of_it in psutil.net_if_addrs().items():
        for one in all_of_it:
            if one.family == socket.AF_INET6 and one.address.startswith("fe80"):
                addresses.append(one.address if "%" in one.address else f"{one.address}%{interface}")
            elif one.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(one.address):
                addresses.append(one.address)
    return addresses


def answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


def test_every_part_of_a_run_listens_on_loopback_only(tmp_path: Path, empty_store: Path) -> None:
    drivers = Drivers(tmp_path)
    drivers.home.root.mkdir()
    shutil.copy(empty_store, drivers.home.root / "mlflow.db")
    drivers.hold()
    driver = drivers.start(executor="ray")
    try:
        drivers.until(driver, 2)
        sockets = listening(psutil.Process(driver.pid))
        assert len(sockets) >= 8, "the driver, the head, the raylet, its agents and workers listen"
        assert {title for place, title in sockets.items() if not is_loopback(place[0])} == set()
        assert any(answers("127.0.0.1", port) for _, port in sockets)
        reached = [
            (address, port, title)
            for address in other_addresses()
            for (_, port), title in sockets.items()
            if answers(address, port)
        ]
        assert not reached
    finally:
        driver.terminate()
        driver.communicate(timeout=60)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("::", False), ("0.0.0.0", False)],
)
def test_loopback_is_told_from_all_interfaces(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
