"""Classification track: which class does a jet, or an event, belong to, and what is the benefit of a symmetry?"""
