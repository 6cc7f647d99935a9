"""A visitor's own data: files read into series that a scenario carries with it.

`carried` says how a scenario holds data of any kind, `series` what a series of prices or power is, `own` the two kinds
here: prices, and the site's load, solar power and limit. `table`, `detect` and `read` make series of files.
"""
