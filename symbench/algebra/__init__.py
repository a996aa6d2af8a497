"""Lie algebras of matrices: bases and names, closure and structure, invariant forms, principal angles, exponentials.

`names.named_algebra` builds matrices from a name; `naming.name_of` recognises the name from matrices.
"""
