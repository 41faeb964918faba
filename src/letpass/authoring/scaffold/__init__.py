"""The beginning of a project: what is there already, the first policies, and how they are written."""
