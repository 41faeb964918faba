"""How many cases comparisons with a confidence, or with the champion, need: known before anything is judged."""
