"""Compares people and sessions with what DuckDB makes of the same file by connected components.

Usage: peer.py EVENTS.parquet DATA, after `derive`. The peer joins ids by connected components; Holloway binds an
anonymous id to one user at a time. Where no anonymous id meets two users the two are the same; the script counts the
ids that do, and proves that all differences are in their components.
"""

import os
import sys

import duckdb


def main(events, data):
    con = duckdb.connect()
    with open(os.path.join(data, "tables", "views.sql")) as file:
        con.execute(file.read())
    con.execute(f"create table e as select lower(hex(message_id)) m, anonymous_id a, user_id u, timestamp t from '{events}'")
    con.execute("create table edge as select distinct a, u from e where u is not null and a is not null")
    con.execute("create table lab as select id, id l from (select 'a' || a id from edge union select 'u' || u from edge)")
    while True:
        con.execute(
            """create or replace table next as select lab.id, least(lab.l, coalesce(min(n.l), lab.l)) l from lab left join
               (select 'u' || u id, l from edge join lab on lab.id = 'a' || a
                union all select 'a' || a, l from edge join lab on lab.id = 'u' || u) n using (id) group by lab.id, lab.l"""
        )
        (changed,) = con.execute("select count(*) from lab join next using (id) where lab.l <> next.l").fetchone()
        con.execute("drop table lab")
        con.execute("alter table next rename to lab")
        if not changed:
            break
    con.execute("create table r as select m, t, coalesce(x.l, y.l, 'a' || a, 'u' || u) c from e left join lab x on x.id = 'a' || a left join lab y on y.id = 'u' || u")
    people, sessions = con.execute(
        """with g as (select c, case when t - lag(t) over w > interval 30 minutes or lag(t) over w is null then 1 else 0 end b
                      from r window w as (partition by c order by t))
           select count(distinct c), sum(b) from g"""
    ).fetchone()
    ours = con.execute("select (select count(*) from profiles), (select count(*) from sessions)").fetchone()
    (shared,) = con.execute("select count(*) from (select a from edge group by a having count(distinct u) > 1)").fetchone()
    # A component and a person that are not one to one.
    con.execute("create table pair as select distinct c, person_id p from r join timeline on message_id = m")
    differing = con.execute(
        """select count(distinct c), count(distinct p) from pair
           where c in (select c from pair group by c having count(*) > 1) or p in (select p from pair group by p having count(*) > 1)"""
    ).fetchone()
    (unexplained,) = con.execute(
        """select count(distinct c) from pair where c in (select c from pair group by c having count(*) > 1)
           and c not in (select l from lab where id in (select 'u' || u from edge where a in
               (select a from edge group by a having count(distinct u) > 1)))"""
    ).fetchone()
    print(f"people   peer {people}, ours {ours[0]}")
    print(f"sessions peer {sessions}, ours {ours[1]}")
    print(f"anonymous ids with several users {shared}; components that differ {differing[0]}, people in them {differing[1]}, without such an id {unexplained}")
    if unexplained or (not shared and (people, sessions) != ours):
        sys.exit("the difference is not explained by interval binding")


main(*sys.argv[1:3])
