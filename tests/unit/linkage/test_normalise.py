"""One form for every way of writing a name, a date, a number; null for every way of not knowing."""

from __future__ import annotations

import duckdb
import pytest

from ml.linkage.normalise import macros


def normalised(macro: str, *values: str | None, **options: str) -> str | None:
    literals = ["null::varchar" if v is None else "'" + v.replace("'", "''") + "'" for v in values]
    return duckdb.sql(f"select {getattr(macros(), macro)(*literals, **options)}").fetchone()[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("O'Brien", "OBRIEN"),
        ("O’Brien Jr.", "OBRIEN"),
        ("García-López", "GARCIA LOPEZ"),
        ("Søndergaard", "SONDERGAARD"),
        ("Müller III", "MULLER"),
        ("  de  la Cruz ", "DE LA CRUZ"),
        ("123", None),
        ("", None),
        (None, None),
    ],
)
def test_a_family_name_has_one_form(text: str | None, name: str | None) -> None:
    assert normalised("person_family", text) == name


@pytest.mark.parametrize(
    ("text", "order", "key"),
    [
        ("1975-03-12", "mdy", "19750312"),
        ("03/12/1975", "mdy", "19750312"),
        ("12/03/1975", "dmy", "19750312"),
        ("12.3.1975", "dmy", "19750312"),
        ("19750312103000-0600", "mdy", "19750312"),
        ("1975-03-12T00:00:00Z", "mdy", "19750312"),
        ("12 Mar 1975", "mdy", "19750312"),
        ("March 12, 1975", "mdy", "19750312"),
        ("1975", "mdy", "1975"),
        ("197503", "mdy", "197503"),
        ("1975-03", "mdy", "197503"),
        ("19750000", "mdy", "1975"),
        ("01/01/1900", "mdy", None),
        ("99991231", "mdy", None),
        ("0001-01-01", "mdy", None),
        ("unknown", "mdy", None),
        (None, "mdy", None),
    ],
)
def test_a_birth_date_is_known_as_far_as_it_is_known(
    text: str | None, order: str, key: str | None
) -> None:
    digits = "null::varchar" if text is None else f"'{text}'"
    rules = macros()
    sql = rules.person_birth_key(f"({rules.person_birth_digits(digits, order)})")
    assert duckdb.sql(f"select {sql}").fetchone()[0] == key


@pytest.mark.parametrize(
    ("macro", "text", "value"),
    [
        ("person_ssn", "123-45-6789", None),
        ("person_ssn", "999-99-9999", None),
        ("person_ssn", "000-12-3456", None),
        ("person_ssn", "666-12-3456", None),
        ("person_ssn", "123-00-4567", None),
        ("person_ssn", "219-09-9999", None),
        ("person_ssn", "512-34-6780", "512346780"),
        ("person_ssn", "6780", "6780"),
        ("person_phone", "+1 (312) 555-0134 ext. 7", "3125550134"),
        ("person_phone", "999-999-9999", None),
        ("person_phone", "000-000-0000", None),
        ("person_email", " Jo@Example.COM ", "jo@example.com"),
        ("person_email", "none@none.com", None),
        ("person_email", "not an address", None),
        ("person_postal_code", "60601-1234", "60601"),
        ("person_postal_code", "sw1a 1aa", "SW1A1AA"),
        ("person_postal_code", "00000", None),
        ("person_address", "12 North Main Street, Apt. #4", "12 N MAIN ST APT 4"),
        ("person_address", "HOMELESS", None),
        ("person_sex", "female", "F"),
        ("person_sex", "U", None),
    ],
)
def test_a_value_has_one_form_and_a_placeholder_has_none(
    macro: str, text: str, value: str | None
) -> None:
    assert normalised(macro, text) == value


def test_the_generation_is_found_in_either_field() -> None:
    assert normalised("person_suffix", "Jr.", "Smith") == "JR"
    assert normalised("person_suffix", None, "Smith Sr") == "SR"
    assert normalised("person_suffix", None, "Smith") is None
