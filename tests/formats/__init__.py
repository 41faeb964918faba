"""What each release has written, in a folder of its name, and that this one reads it all with the same results.

`python -m tests.formats` makes the folder of the present version, once, when it is released.  It is never made again: whoever upgrades
has files that were written then.  `making.py` is the life of a small company that leaves them, `reading.py` what is read of them.
"""
