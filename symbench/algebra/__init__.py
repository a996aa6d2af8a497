"""Lie algebras of matrices: bases and names, closure and structure, invariant forms, principal angles, exponentials.

What `named_algebra` builds from a name, `naming.name_of` recognises from matrices.
"""
