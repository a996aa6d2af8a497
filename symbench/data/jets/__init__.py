"""Jets as four-momenta of constituents: generated with Pythia, or read from public data, NanoAOD and users' files."""
