"""Disk images looked at from outside: what their clusters hold, and whether all of it is right.

`layout` reads the structures of qcow2, `survey` walks and judges a whole image, `contents` reads
its disk, `build` makes images, `show` draws them. Nothing here writes to an image.
"""
