"""Reads every table of a data folder with DuckDB, by plain glob and through views.sql, and compares with the manifest.

Usage: read_tables.py DATA. Prints one line a table; exits with 1 and one line that says what differs.
"""

import json
import os
import sys

try:
    import duckdb
except ImportError as missing:
    sys.exit(f"python module missing: {missing}; pip install duckdb pytz")

# Name and DuckDB type of each column that scripts rely on, as the contract lists them.
TIME = "TIMESTAMP WITH TIME ZONE"
TEXT, NUMBER, FLAG = "VARCHAR", "BIGINT", "BOOLEAN"
COLUMNS = {
    "events": {
        **dict.fromkeys("message_id type event anonymous_id user_id group_id previous_id".split(), TEXT),
        **dict.fromkeys("timestamp original_timestamp sent_at received_at".split(), TIME),
        **dict.fromkeys("session_id page_path page_referrer user_agent properties traits context library".split(), TEXT),
        "offset": NUMBER,
    },
    "identities": {
        **dict.fromkeys("kind id person_id reason".split(), TEXT),
        **dict.fromkeys("valid_from valid_to".split(), TIME),
    },
    "merges": {
        "at": TIME,
        **dict.fromkeys("message_id left_kind left_id right_kind right_id verdict reason".split(), TEXT),
    },
    "timeline": {
        **dict.fromkeys("person_id message_id session_id type event".split(), TEXT),
        "timestamp": TIME,
    },
    "sessions": {
        **dict.fromkeys("session_id person_id entry_page exit_page referrer channel".split(), TEXT),
        **dict.fromkeys("utm_source utm_medium utm_campaign".split(), TEXT),
        **dict.fromkeys("started_at ended_at".split(), TIME),
        **dict.fromkeys("duration_ms active_ms events page_views distinct_pages".split(), NUMBER),
        **dict.fromkeys("bounced engaged".split(), FLAG),
    },
    "profiles": {
        **dict.fromkeys("person_id user_id first_touch_channel last_touch_channel traits".split(), TEXT),
        **dict.fromkeys("first_seen last_seen".split(), TIME),
        **dict.fromkeys("events sessions days_active".split(), NUMBER),
        "event_counts": "MAP(VARCHAR, BIGINT)",
        "daily_counts": 'STRUCT("day" DATE, event VARCHAR, count BIGINT)[]',
    },
}


def plain(kind):
    return kind.replace('"', "").upper()


def main(data):
    tables = os.path.join(data, "tables")
    with open(os.path.join(tables, "manifest.json")) as file:
        manifest = json.load(file)["tables"]
    connection = duckdb.connect()
    with open(os.path.join(tables, "views.sql")) as file:
        connection.execute(file.read())
    for table, columns in COLUMNS.items():
        expected = sum(file["rows"] for file in manifest[table])
        glob = os.path.join(tables, table, "**", "*.parquet")
        for source in (f"read_parquet('{glob}')", table):
            (found,) = connection.execute(f"select count(*) from {source}").fetchone()
            if found != expected:
                sys.exit(f"{source}: expected {expected} rows, found {found}")
            kinds = {row[0]: row[1] for row in connection.execute(f"describe select * from {source}").fetchall()}
            for name, kind in columns.items():
                if plain(kinds.get(name, "nothing")) != plain(kind):
                    sys.exit(f"{source}: expected column {name} of type {kind}, found {kinds.get(name, 'nothing')}")
            # Every value is decoded, not only counted.
            connection.execute(f"select sum(hash(t)) from {source} t").fetchone()
        print(f"{table} {expected}")
    (left_over,) = connection.execute(
        "select count(*) from timeline where session_id not in (select session_id from sessions)"
    ).fetchone()
    (sums,) = connection.execute(
        """select (select sum(events) from sessions) = (select count(*) from events)
              and (select sum(events) from profiles) = (select count(*) from events)
              and (select sum(list_sum(map_values(event_counts))) from profiles) = (select count(*) from events)
              and (select sum(c.count) from (select unnest(daily_counts) c from profiles)) = (select count(*) from events)
              and (select count(*) from timeline) = (select count(*) from events)"""
    ).fetchone()
    if left_over or not sums:
        sys.exit(f"the tables do not add up: {left_over} events in unknown sessions, sums equal: {sums}")


main(sys.argv[1])
