"""What the files of a project say: settings, policies, what git has of them, its registry and its ledger."""
