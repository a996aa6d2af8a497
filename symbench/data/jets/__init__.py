"""Jets as constituents: generated with Pythia, or read from public data sets, NanoAOD and the user's files."""
