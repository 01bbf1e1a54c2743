"""Triggers by which the database itself refuses to change, delete or replace a fact.

A migration that alters the table of facts must install them again: SQLite rebuilds the table without its triggers.
"""

from typing import Any

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS ledger_fact_no_update BEFORE UPDATE ON ledger_fact
BEGIN SELECT RAISE(ABORT, 'facts are never updated'); END;
CREATE TRIGGER IF NOT EXISTS ledger_fact_no_delete BEFORE DELETE ON ledger_fact
BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;
CREATE TRIGGER IF NOT EXISTS ledger_fact_no_replace BEFORE INSERT ON ledger_fact
WHEN EXISTS (SELECT 1 FROM ledger_fact WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'facts are never replaced'); END;
"""
_SQLITE_REMOVE = """
DROP TRIGGER IF EXISTS ledger_fact_no_update;
DROP TRIGGER IF EXISTS ledger_fact_no_delete;
DROP TRIGGER IF EXISTS ledger_fact_no_replace;
"""
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION ledger_fact_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'facts are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation'; END$$;
CREATE OR REPLACE TRIGGER ledger_fact_no_change BEFORE UPDATE OR DELETE ON ledger_fact
FOR EACH ROW EXECUTE FUNCTION ledger_fact_refuse();
CREATE OR REPLACE TRIGGER ledger_fact_no_truncate BEFORE TRUNCATE ON ledger_fact
FOR EACH STATEMENT EXECUTE FUNCTION ledger_fact_refuse();
"""
_POSTGRESQL_REMOVE = """
DROP TRIGGER IF EXISTS ledger_fact_no_change ON ledger_fact;
DROP TRIGGER IF EXISTS ledger_fact_no_truncate ON ledger_fact;
DROP FUNCTION IF EXISTS ledger_fact_refuse();
"""


def install(connection: Any) -> None:
    """Guard the table of facts; guarding it twice changes nothing."""
    _execute(connection, sqlite=_SQLITE, postgresql=_POSTGRESQL)


def remove(connection: Any) -> None:
    """Take the guards away, to undo the migration or to empty a test database."""
    _execute(connection, sqlite=_SQLITE_REMOVE, postgresql=_POSTGRESQL_REMOVE)


def _execute(connection: Any, *, sqlite: str, postgresql: str) -> None:
    statements = {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(statements)
            return
        # SQLite takes one statement at a time; each of these starts a line of its own.
        for statement in statements.replace("\nCREATE", "\0CREATE").replace("\nDROP", "\0DROP").split("\0"):
            if statement.strip():
                cursor.execute(statement)
