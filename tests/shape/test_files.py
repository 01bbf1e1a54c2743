"""What must not be in a public repository: secrets, names of machines, paths of somebody's disk."""

import re
import tomllib

from tests.shape import source

BINARY = {".png", ".jpg", ".gz", ".xlsx", ".woff2", ".ico", ".zip", ".npz", ".parquet", ".pdf"}
# Written in pieces, so that this file does not find itself.
SLASH = "/"
FORBIDDEN = {
    "a path of one machine": re.compile(rf"(?<![\w.{SLASH}-]){SLASH}(?:work|root|tmp|home{SLASH}\w+){SLASH}\w"),
    "a package registry's host": re.compile(
        "|".join(["py" + r"pi\.org", "pythonhos" + r"ted\.org", "registry" + r"\.npm"])
    ),
    "a private key": re.compile("BEGIN (?:RSA |EC |OPENSSH )?PRIVATE" + " KEY"),
    "a credential": re.compile(
        r"(?i)(?:api[_-]?key|secret[_-]?key|access[_-]?token)\s*[:=]\s*[\"'][A-Za-z0-9+/_-]{20,}"
    ),
}
LARGEST_BYTES = 1_500_000


def test_nothing_private_is_tracked() -> None:
    found = []
    for path in source.tracked():
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{source.name(path)}: {what}: {hit[0]}" for what, rule in FORBIDDEN.items() if (hit := rule.search(text))
        ]
    assert found == []


def test_no_large_files() -> None:
    assert [source.name(path) for path in source.tracked() if path.stat().st_size > LARGEST_BYTES] == []


def test_locks_pin_by_hash_and_name_no_source() -> None:
    for path in (source.ROOT / "requirements").glob("*.txt"):
        lines = [
            line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith((" ", "#"))
        ]
        assert lines, path.name
        assert [line for line in lines if "==" not in line or line.startswith("-")] == [], path.name


def test_locks_hold_everything_that_is_asked_for() -> None:
    project = tomllib.loads((source.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    asked = {
        "base": [*project["project"]["dependencies"], *groups["build"]],
        "dev": groups["dev"],
        "bench": groups["bench"],
    }
    for lock, wanted in asked.items():
        pinned = (source.ROOT / f"requirements/{lock}.txt").read_text(encoding="utf-8")
        names = {re.split(r"[^\w.-]", item)[0] for item in wanted if isinstance(item, str)}
        assert [name for name in sorted(names) if f"\n{name.lower()}==" not in f"\n{pinned}"] == [], (
            f"run scripts/lock: {lock}"
        )


def test_the_commands_of_the_front_page_can_be_run() -> None:
    for name in ("run", "check", ".ci/run"):
        assert (source.ROOT / name).stat().st_mode & 0o111, name
