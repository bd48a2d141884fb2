"""The vocabulary as JSON Schema (2020-12), for those who read entries with other tools."""

from __future__ import annotations

from ledger.events import EVENT_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schemas() -> dict[str, object]:
    """One document: by type name and version, the schema of ``facts`` and what may be sealed."""
    return {
        "$schema": DIALECT,
        "title": "credit-ledger events",
        "events": {
            topic: {
                "type": facts.type_name(),
                "schema": facts.schema_version,
                "term": facts.term,
                "stream": facts.stream_kind,
                "sealed": sorted(facts.sealed_fields),
                "facts": facts.model_json_schema(by_alias=True),
            }
            for topic, facts in sorted(EVENT_TYPES.items())
        },
    }
