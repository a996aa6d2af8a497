"""The journal: one line a result, on disk before anything else knows of it. It makes a run resumable.

`file` is the local file, `remote` its copy in an object store, `location` decides where both are.
"""
