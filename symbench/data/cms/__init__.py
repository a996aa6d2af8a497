"""Recorded CMS collisions: the packaged dimuons, teaching files and CERN Open Data records."""
