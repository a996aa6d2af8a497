"""Tables of vectors with a label, in the formats that users have: CSV, Parquet, NPZ, HDF5, ROOT."""
