"""A review, comparison or listing in shards: what each shard's file holds, and how they are merged."""
