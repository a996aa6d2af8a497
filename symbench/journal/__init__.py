"""The journal: one line for each result, on disk before the result is used anywhere else. It makes runs resumable.

`file` is the local file, `index` its results as `columns`, `remote` its copy in an object store, and `location` has
the place of all.
"""
