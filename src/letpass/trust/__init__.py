"""Who vouches for what: the accepted statements that enter an evaluation."""
