"""Every reason for which a record is quarantined, in the field's words, with what to do about it.

Belongs here: the codes, what each means, the remedy. Does not belong here: positions or counts of
one record (the framer puts those before the remedy) and, ever, a value from a record.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code: what was found, and what a person can do next."""

    code: str
    meaning: str
    remedy: str


_ALL = (
    # any format
    Reason(
        "empty-file",
        "The file has no content",
        "Ask the sender for the extract of that period; an empty export often means a failed job",
    ),
    Reason(
        "unassigned-file",
        "The file lies in no source system's folder",
        "Move it to landing/<source>/<feed>/ or land it with --source; it then leaves quarantine",
    ),
    Reason(
        "wrong-format",
        "The content is of another format than the feed declares",
        "Check that the file was dropped in the right folder, or correct the feed's format",
    ),
    Reason(
        "binary-content",
        "The content is binary, not text of any format known here",
        "Check what was dropped: a document, an image, an encrypted or damaged file",
    ),
    Reason(
        "record-too-long",
        "The record is longer than the limit for one record",
        "Raise max_record_bytes of the feed if the record is genuine, then replay",
    ),
    Reason(
        "unexpected-record-type",
        "The record's type is not among those that the feed declares",
        "Route the record to its own feed, or add its type to the feed's message types",
    ),
    # HL7 v2
    Reason(
        "hl7-missing-msh",
        "Segments with no MSH before them",
        "Ask the sender for the whole message; without MSH its delimiters and type are unknown",
    ),
    Reason(
        "hl7-bad-delimiters",
        "MSH-1 or MSH-2 does not declare usable delimiters",
        "Ask the sender to correct MSH-1 and MSH-2 (usually |^~\\&)",
    ),
    Reason(
        "hl7-missing-message-type",
        "MSH-9 (message type) is empty",
        "Ask the sender to value MSH-9; a receiver cannot tell what the message is about",
    ),
    Reason(
        "hl7-truncated",
        "The message is cut off before its end",
        "Ask the sender to send the file or the message again",
    ),
    # X12
    Reason(
        "x12-missing-isa",
        "No ISA, GS or ST segment from which delimiters could be read",
        "Ask the sender for the whole interchange",
    ),
    Reason(
        "x12-bad-isa",
        "The ISA segment is too damaged to read its delimiters",
        "Ask the sender to send the interchange again",
    ),
    Reason(
        "x12-missing-st",
        "Segments outside any transaction set (no ST before them)",
        "Ask the sender to send the transaction set again",
    ),
    Reason(
        "x12-missing-se",
        "The transaction set has no SE segment",
        "Ask the sender to send the transaction set again; its end is missing",
    ),
    Reason(
        "x12-se-count-mismatch",
        "The transaction set has fewer segments than its SE01 declares",
        "Ask the sender to send the set again: segments were lost on the way",
    ),
    Reason(
        "x12-control-number-mismatch",
        "SE02 disagrees with ST02",
        "Ask the sender to send the set again: parts of two sets may have been joined",
    ),
    Reason(
        "x12-duplicate-interchange",
        "The same transaction set of the same interchange came before in this file",
        "Nothing to do where the copy is a resend; else ask for distinct control numbers",
    ),
    # tables
    Reason(
        "csv-ragged-row",
        "The row has another number of fields than the header",
        "Ask the sender to quote fields that contain the delimiter, or to send the row again",
    ),
    Reason(
        "csv-bad-quote",
        "A quoted field is not closed, or text follows its closing quote",
        "Ask the sender to double quotes inside quoted fields",
    ),
    Reason(
        "csv-missing-column",
        "The file lacks a column that the feed requires",
        "Ask the sender for it, or declare an alias or required: false in sources.yml, and replay",
    ),
    Reason(
        "csv-unexpected-header",
        "The header has little in common with the columns of the feed",
        "Check that the file was dropped in the right folder, or correct the feed's columns",
    ),
    Reason(
        "csv-repeated-header",
        "The header line occurs again among the rows",
        "Nothing to do where files were joined; no data was lost",
    ),
    Reason(
        "csv-drift",
        "The header differs from the declared columns and the feed is strict",
        "Update the feed's columns in sources.yml, or set drift: accept, and replay",
    ),
    Reason(
        "fixed-width-bad-length",
        "The line's length is not that of the declared widths",
        "Ask the sender to send the line again, or correct the widths in sources.yml",
    ),
    # JSON and FHIR
    Reason(
        "json-invalid",
        "Not valid JSON",
        "Ask the sender to send the record again",
    ),
    Reason(
        "json-truncated",
        "The JSON ends before it is complete",
        "Ask the sender to send the file again",
    ),
    Reason(
        "json-not-utf8",
        "JSON that is not UTF-8 (RFC 8259, section 8.1)",
        "Ask the sender to export as UTF-8, or declare the feed's charset, and replay",
    ),
    Reason(
        "json-not-object",
        "A JSON value that is not an object",
        "Check the export: a record is expected to be an object",
    ),
    Reason(
        "fhir-missing-resource-type",
        "A JSON object without resourceType",
        "Check that it is a FHIR resource; resourceType is mandatory (FHIR R4, 2.6.2)",
    ),
    # containers
    Reason(
        "archive-bomb",
        "The archive expands beyond the limits",
        "Check the archive; raise the expansion limits only if it is genuine",
    ),
    Reason(
        "archive-damaged",
        "The archive cannot be expanded: cut off, or its checksum does not fit",
        "Ask the sender to send the archive again",
    ),
    Reason(
        "archive-encrypted",
        "The archive is encrypted",
        "Decrypt it before landing, or ask the sender for an unencrypted one",
    ),
    Reason(
        "archive-unsupported",
        "The archive uses a compression that is not supported",
        "Ask the sender for gzip or zip with deflate",
    ),
)

REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}


def explain(code: str, *, where: str = "", detail: str = "") -> str:
    """The sentence for one record: what, where, detail, remedy. Never give it a record's values."""
    reason = REASONS[code]
    found = reason.meaning + (f" ({detail})" if detail else "")
    return f"{found}{f', {where}' if where else ''}. {reason.remedy}."
