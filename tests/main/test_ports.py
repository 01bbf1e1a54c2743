"""The ports of the product are its own from its start on, though its servers come up later."""

import socket

from denghuo.main.commands import up

HOST = "127.0.0.1"


def listening(port: int) -> socket.socket:
    """As the web server binds: sharing the port with its own workers."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind((HOST, port))
    server.listen()
    return server


def test_a_port_that_is_held_is_not_free_for_others_and_free_for_the_server() -> None:
    with socket.socket() as any_port:
        any_port.bind((HOST, 0))
        port = any_port.getsockname()[1]
    assert up._is_free(HOST, port)
    with up._held(HOST, port):
        assert not up._is_free(HOST, port)
        with listening(port) as server, socket.create_connection((HOST, port), timeout=5):
            server.settimeout(5)
            server.accept()[0].close()
    assert up._is_free(HOST, port)
