"""The names and addresses of each login, indexed by every three letters of them."""

# ruff: noqa: S608  (the names are our own)

from alembic import op

revision = "20261125_28_login_search"
down_revision = "20261125_27_identity_links"
branch_labels = None
depends_on = None

WORDS = (
    "{0}.name || ' ' || coalesce({0}.email_key, '') || ' ' || coalesce({0}.recovery_key, '') || "
    "coalesce((SELECT {1} FROM login_alias WHERE login_alias.login_id = {0}.id), '')"
)
ON_SQLITE = WORDS.format("login", "' ' || group_concat(email_key, ' ')")
OF_A_NEW_LOGIN = (
    "new.name || ' ' || coalesce(new.email_key, '') || ' ' || coalesce(new.recovery_key, '')"
)
FTS5 = (
    "CREATE VIRTUAL TABLE login_search USING fts5(words, tokenize='trigram')",
    "CREATE TRIGGER login_added AFTER INSERT ON login BEGIN "
    f"INSERT INTO login_search(rowid, words) VALUES (new.id, {OF_A_NEW_LOGIN}); END",
    "CREATE TRIGGER login_removed AFTER DELETE ON login BEGIN "
    "DELETE FROM login_search WHERE rowid = old.id; END",
    "CREATE TRIGGER login_renamed AFTER UPDATE OF name, email_key, recovery_key ON login BEGIN "
    f"UPDATE login_search SET words = (SELECT {ON_SQLITE} FROM login WHERE login.id = new.id) "
    "WHERE rowid = new.id; END",
    *(
        f"CREATE TRIGGER login_alias_{name} AFTER {event} ON login_alias BEGIN "
        f"UPDATE login_search SET words = (SELECT {ON_SQLITE} FROM login "
        f"WHERE login.id = {row}.login_id) "
        f"WHERE rowid = {row}.login_id AND EXISTS (SELECT 1 FROM login WHERE id = {row}.login_id); "
        "END"
        for name, event, row in (("added", "INSERT", "new"), ("removed", "DELETE", "old"))
    ),
    f"INSERT INTO login_search(rowid, words) SELECT login.id, {ON_SQLITE} FROM login",
)

# pg_trgm is not on every server, and not every owner of a database may create it.
TRIGRAMS = (
    "SELECT coalesce(array_agg(DISTINCT substr({0}, at, 3)), '{{}}') "
    "FROM generate_series(1, length({0}) - 2) AS at"
)
OF_A_LOGIN = WORDS.format("login", "' ' || string_agg(email_key, ' ')")
TEXT_ARRAYS = (
    "CREATE TABLE login_search (login_id integer PRIMARY KEY "
    "REFERENCES login ON DELETE CASCADE, words text NOT NULL, trigrams text[] NOT NULL)",
    "CREATE INDEX ix_login_search_trigrams ON login_search USING gin (trigrams)",
    "CREATE FUNCTION keep_login_search() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "DECLARE whose integer; said text; "
    "BEGIN "
    "IF TG_TABLE_NAME = 'login' THEN whose := NEW.id; "
    "ELSIF TG_OP = 'DELETE' THEN whose := OLD.login_id; ELSE whose := NEW.login_id; END IF; "
    f"SELECT lower({OF_A_LOGIN}) INTO said FROM login WHERE login.id = whose; "
    "IF said IS NOT NULL THEN "
    f"INSERT INTO login_search VALUES (whose, said, ({TRIGRAMS.format('said')})) "
    "ON CONFLICT (login_id) DO UPDATE SET words = excluded.words, trigrams = excluded.trigrams; "
    "END IF; RETURN NULL; END $$",
    "CREATE TRIGGER login_added AFTER INSERT ON login "
    "FOR EACH ROW EXECUTE FUNCTION keep_login_search()",
    "CREATE TRIGGER login_renamed AFTER UPDATE OF name, email_key, recovery_key ON login "
    "FOR EACH ROW EXECUTE FUNCTION keep_login_search()",
    "CREATE TRIGGER login_alias_kept AFTER INSERT OR DELETE ON login_alias "
    "FOR EACH ROW EXECUTE FUNCTION keep_login_search()",
    "INSERT INTO login_search SELECT found.id, found.said, "
    f"({TRIGRAMS.format('found.said')}) "
    f"FROM (SELECT login.id, lower({OF_A_LOGIN}) AS said FROM login) AS found",
)


def upgrade() -> None:
    for statement in FTS5 if op.get_bind().dialect.name == "sqlite" else TEXT_ARRAYS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in (
            "login_alias_removed",
            "login_alias_added",
            "login_renamed",
            "login_removed",
            "login_added",
        ):
            op.execute(f"DROP TRIGGER {trigger}")
    else:
        for trigger, table in (
            ("login_alias_kept", "login_alias"),
            ("login_renamed", "login"),
            ("login_added", "login"),
        ):
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
        op.execute("DROP FUNCTION keep_login_search()")
    op.execute("DROP TABLE login_search")
