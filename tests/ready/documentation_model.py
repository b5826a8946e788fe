"""Splink's own documentation model on the data of its documentation, to be measured beside ours."""

from __future__ import annotations

from pathlib import Path


def documentation_model(file: Path) -> float:
    """The best F1 over all thresholds, over pairs and over connected components, of the model in
    Splink's documentation ("Example: deduplicating a small dataset").
    """
    import logging

    import duckdb
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    api = DuckDBAPI(connection)
    connection.execute(f"create table people as from read_csv('{file}')")
    connection.execute("alter table people alter dob type varchar")
    linker = Linker(
        api.register("people"),
        SettingsCreator(
            link_type="dedupe_only",
            comparisons=[
                cl.NameComparison("first_name"),
                cl.NameComparison("surname"),
                cl.DateOfBirthComparison("dob", input_is_string=True),
                cl.ExactMatch("city").configure(term_frequency_adjustments=True),
                cl.EmailComparison("email"),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("first_name", "city"),
                block_on("surname"),
                block_on("dob"),
                block_on("email"),
            ],
            max_iterations=10,
        ),
        log_level=logging.ERROR,
    )
    linker.training.estimate_probability_two_random_records_match(
        ["l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1", block_on("email")],
        recall=0.7,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("first_name", "surname"), block_on("dob")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    scored = linker.inference.predict(threshold_match_weight=-5)
    truth = dict(connection.execute("select unique_id, cluster from people").fetchall())
    people: dict[int, int] = {}
    for person in truth.values():
        people[person] = people.get(person, 0) + 1
    same = sum(n * (n - 1) // 2 for n in people.values())
    pairs = connection.execute(
        f"""
        select match_weight, unique_id_l, unique_id_r
        from {scored.physical_name}
        order by match_weight desc
        """
    ).fetchall()
    best, right = 0.0, 0
    groups = {record: [record] for record in truth}
    linked = correct = 0
    for found, (_, left, other) in enumerate(pairs, 1):
        right += truth[left] == truth[other]
        best = max(best, 2 * right / (found + same))
        a, b = groups[left], groups[other]
        if a is not b:
            linked += len(a) * len(b)
            correct += sum(truth[x] == truth[y] for x in a for y in b)
            for record in b:
                groups[record] = a
            a += b
        best = max(best, 2 * correct / (linked + same))
    return best
