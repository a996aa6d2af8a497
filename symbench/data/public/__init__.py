"""Public jet data sets with their checksums, and the download of any public file (those of CERN Open Data too)."""
