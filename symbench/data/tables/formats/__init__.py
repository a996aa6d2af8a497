"""One file a format, each with the reader that is registered under the file's name; all are found by a scan.

Modules here are imported by `symbench plan`: pyarrow, h5py, uproot and numpy are imported inside functions.
"""
