"""The conformance checks: every built-in component passes, and every broken rule is reported."""
