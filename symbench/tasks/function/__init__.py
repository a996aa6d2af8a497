"""Function track: which linear maps, or vector fields, leave a label unchanged?"""
