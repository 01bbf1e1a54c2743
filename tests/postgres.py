"""A throw-away PostgreSQL: the fixtures `postgres_url` and `postgres_database`, and `scripts/postgres COMMAND...`."""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import pytest

_SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


class NoServerError(RuntimeError):
    """There are no PostgreSQL server programs on this machine."""


def server_programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`; distributions keep them out of the search path."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not folders:
        raise NoServerError("install the PostgreSQL server (Debian: apt-get install postgresql)")
    return folders[-1]


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server on a socket in a temporary folder, and yield its address, like `postgresql://.../postgres?host=...`.

    PostgreSQL refuses to run as root: then it runs as the system's user `postgres`.
    """
    programs = server_programs()
    # A short name: the path of a socket may not be longer than about a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)

        def run(program: str, *arguments: str) -> None:
            done = subprocess.run(
                [programs / program, "-D", f"{folder}/data", *arguments],
                cwd=folder,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"{program} failed:\n{done.stdout}")

        run("initdb", "-U", "denghuo", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = " ".join(
            f"-c {setting}" for setting in (*_SPEED, "listen_addresses=", f"unix_socket_directories={folder}")
        )
        run("pg_ctl", "start", "-w", "-s", "-l", f"{folder}/log", "-o", settings)
        try:
            yield f"postgresql://denghuo@/postgres?host={quote(folder, safe='')}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate", "-w", "-s")


@contextmanager
def scratch_database(server_url: str) -> Iterator[str]:
    """Create an empty database on the server, yield its address, and drop it."""
    import psycopg  # not at the top: the engines' tests run where no database driver is installed

    name = f"scratch_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL server: the one the tests already run on, else a throw-away one."""
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        yield os.environ["DATABASE_URL"]
        return
    try:
        server_programs()
    except NoServerError as error:
        pytest.skip(str(error))
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Address of an empty database of this test's own."""
    with scratch_database(postgres_url) as url:
        yield url


def main(command: list[str]) -> int:
    """Run a command with `DATABASE_URL` set to a throw-away server, and return its exit code."""
    if not command:
        sys.stderr.write("usage: scripts/postgres COMMAND [ARGUMENT...]\n")
        return 2
    try:
        with postgres_server() as url:
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode
    except NoServerError as error:
        sys.stderr.write(f"scripts/postgres: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
