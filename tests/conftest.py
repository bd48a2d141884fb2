"""Settings of Hypothesis: quick at the desk, repeatable and more thorough in CI.

``HYPOTHESIS_PROFILE`` names another profile (``desk``, ``ci``, ``soak``).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.contract.postgres import postgres_schema, postgres_url

__all__ = ["postgres_schema", "postgres_url"]  # fixtures

# The machines that run this are shared: how long one example took says nothing.
settings.register_profile("desk", settings(max_examples=50, deadline=None))
settings.register_profile(
    "ci",
    settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    ),
)
settings.register_profile("soak", settings(max_examples=2_000, deadline=None))
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "desk")
)
