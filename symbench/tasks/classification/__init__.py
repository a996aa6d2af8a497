"""Classification track: which class does a jet, or an event, belong to, and what does a symmetry buy?"""
