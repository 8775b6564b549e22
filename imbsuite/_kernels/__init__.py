"""The compiled core: what takes most of the time, in Cython, and nothing else.

Kernels know arrays and numbers of threads; no tables, no seeds, no errors for users. What
calls them has checked its input. Import them where they are used, as in ``from
imbsuite._kernels import rows``, so that ``import imbsuite`` loads none.
"""
