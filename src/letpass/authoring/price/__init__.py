"""What comparisons with a confidence, and with the champion, cost in cases: told before anything is judged."""
