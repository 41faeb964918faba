"""A project's files, opened: settings, policies, the commit by which is judged, its registry and its ledger."""
