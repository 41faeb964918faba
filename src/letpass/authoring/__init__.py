"""What people write: a project's first files, cases of policies, and the changes that they propose."""
