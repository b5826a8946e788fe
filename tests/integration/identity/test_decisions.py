"""What a steward decides, and what a source is the authority on, from a file to the patient."""

from __future__ import annotations

import json

from tests.integration.identity.conftest import Place

SAME = "select count(distinct patient_id) from identity.patient_xref where person_record_id in {}"
QUEUE_COLUMNS = (
    "person_record_id_l,person_record_id_r,source_system_l,id_authority_l,id_value_l,"
    "source_system_r,id_authority_r,id_value_r,decision,decided_by,decided_at,reason\n"
)


def patient(number: int, mrn: str) -> str:
    return json.dumps({
        "resourceType": "Patient", "id": f"case-{number}",
        "identifier": [{
            "system": "https://decks.example/mrn", "value": mrn,
            "type": {"coding": [{"code": "MR"}]},
        }],
        "name": [{"family": "Quillfeather", "given": ["Thaddeus"]}],
        "gender": "male", "birthDate": "1951-02-03",
        "address": [{"line": ["77 Oak Street"], "city": "Aurora", "postalCode": "60601"}],
        "telecom": [{"system": "phone", "value": "312-555-0177"}],
    }) + "\n"  # fmt: skip


def test_decisions_win_over_the_model_and_survive_a_rebuild(place: Place) -> None:
    linked = place.rows(
        """
        select record_id_l, record_id_r from identity.int_person_links
        where outcome = 'linked' and record_id_l != record_id_r and method = 'model'
            and match_probability > 0.99
        order by all limit 1
        """
    )[0]
    strangers = place.rows(
        """
        select min(person_record_id), max(person_record_id) from (
            select arg_min(person_record_id, id_value) as person_record_id
            from identity.patient_xref where source_system = 'ehr'
            group by patient_id order by patient_id limit 2
        )
        """
    )[0]
    number = place.rows(
        "select source_system, id_authority, id_value from identity.patient_xref "
        f"where person_record_id = '{strangers[0]}'"
    )[0]
    of_both = place.rows(
        f"""
        select person_record_id from identity.patient_xref where patient_id in (
            select patient_id from identity.patient_xref where person_record_id in {strangers}
        )
        """
    )
    # One record by its number, times with and without an offset, an earlier word of another kind.
    place.drop(
        "identity/decisions/monday.csv",
        QUEUE_COLUMNS
        + f'"{linked[0]}",{linked[1]},,,,,,,Do Not Link,s17,2026-07-02T10:00:00+02:00,"no, twins"\n'
        + f"{linked[1]},{linked[0]},,,,,,,link,s17,2026-07-02 07:59:59,earlier\n"
        + f",{strangers[1]},{','.join(number)},,,,LINK,s17,,seen together\n"
        + f"{linked[0]},00000000-0000-0000-0000-000000000000,,,,,,,link,s17,2026-07-02,\n"
        + f"{linked[0]},{strangers[0]},,,,,,,perhaps,s17,2026-07-02,\n"
        + f"{linked[0]},{linked[0]},,,,,,,link,s17,someday,\n",
    )
    place.build()
    found = place.rows("select status, count(*) from identity.identity_decisions group by all")
    assert dict(found) == {
        "in force": 2, "superseded": 1,
        "unknown record": 1, "not understood": 1, "one record twice": 1,
    }  # fmt: skip
    together = [place.rows(SAME.format(pair))[0][0] for pair in (linked, strangers)]
    assert together == [2, 1]
    # Of two records it is said; the two people are one.
    assert place.rows(SAME.format(tuple(row[0] for row in of_both)))[0][0] == 1
    told = place.dbt("test", "--select", "identity_decisions,test_type:singular")
    assert "Got 3 results, configured to warn" in told
    assert "PASS=1" in told

    ids = place.rows("select person_record_id, patient_id from identity.patient_xref order by all")
    history = place.rows("select * from identity.patient_id_history order by all")
    # What the two were before the decision is history, and ends where it came.
    before = [row for row in history if row[0] in strangers and row[4] is not None]
    assert {row[3] for row in before} == {
        row[0]
        for row in place.rows(
            "select effective_at from identity.identity_decisions "
            "where status = 'in force' and decision = 'link'"
        )
    }
    place.home.database.unlink()
    place.build()
    assert ids == place.rows(
        "select person_record_id, patient_id from identity.patient_xref order by all"
    )
    assert history == place.rows("select * from identity.patient_id_history order by all")

    # With a model that was accepted, what is known is remembered: the same people.
    assert "0 records are with others" in place.wellspring("identity", "train")
    place.build()
    assert place.home.identity_index.is_file()
    assert place.rows("select record_id_r from identity.int_person_links where outcome = 'model'")[
        0
    ] == ("accepted",)
    assert ids == place.rows(
        "select person_record_id, patient_id from identity.patient_xref order by all"
    )

    # The command says the opposite a day later, and that holds.
    place.wellspring(
        *("identity", "decide", *strangers, "do-not-link"),
        *("--by", "s18", "--reason", "two people"),
    )
    place.build()
    assert place.rows(SAME.format(strangers))[0][0] == 2


def test_numbers_of_an_authoritative_source_are_never_merged(place: Place) -> None:
    # Two of one number, two of nearly one number: for anybody else these are one person.
    deck = patient(1, "A1") + patient(2, "A1") + patient(3, "A3")
    place.drop("deck/cases/deck.ndjson", deck)
    for ours, theirs in (
        ("Quillfeather", "Nightingale"), ("Thaddeus", "Ottoline"), ("male", "female"),
        ("1951-02-03", "1962-08-09"), ("77 Oak Street", "5 Elm Court"), ("0177", "0188"),
    ):  # fmt: skip
        deck = deck.replace(ours, theirs)
    place.drop("clinic/cases/deck.ndjson", deck)
    place.build()
    found = place.rows(
        """
        select source_system, count(*), count(distinct patient_id)
        from identity.patient_xref where source_system in ('deck', 'clinic')
        group by all order by all
        """
    )
    assert found == [("clinic", 2, 1), ("deck", 3, 3)]
    reasons = place.rows(
        """
        select distinct reason from identity.identity_review_queue where source_system_l = 'deck'
        """
    )
    assert reasons in ([], [("two records of an authoritative source",)])
