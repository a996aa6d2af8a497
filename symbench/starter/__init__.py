"""The folder that `symbench init` makes: a suite, a data sample and a method to start from.

`create` copies the files of `template`, which hold nothing else. Every one of them is run by a test.
"""
