"""Where records come from: one file per registry or format."""
