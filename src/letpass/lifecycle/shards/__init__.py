"""One review, comparison or listing in parts: what each part writes, and how they become one again."""
