"""Every door through which a text comes, and inputs that nobody has written: valid ones, bent by chance."""
