"""The sockets on which a process and its descendants listen."""

from __future__ import annotations

import ipaddress

import psutil


def listening(process: psutil.Process) -> dict[tuple[str, int], str]:
    """(address, port) of every TCP socket on which the process or a descendant listens, and whose it is."""
    found = {}
    for one in [process, *process.children(recursive=True)]:
        try:
            title = " ".join(one.cmdline())[:60]
            sockets = one.net_connections("inet")
        except psutil.NoSuchProcess:
            continue
        for each in sockets:
            if each.status == psutil.CONN_LISTEN:
                found[each.laddr.ip, each.laddr.port] = title
    return found


def is_loopback(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)
