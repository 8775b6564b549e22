"""Names are shortened to a maximum width."""

from __future__ import annotations

import pytest

from imbsuite._text import shorten


@pytest.mark.parametrize("middle", [False, True])
@pytest.mark.parametrize("placeholder", ["…", "..."])
@pytest.mark.parametrize("n", [1, 19, 20, 21, 22, 500])
def test_shortened_name_fits_the_width(n, placeholder, middle):
    name = "".join(chr(ord("a") + i % 26) for i in range(n))
    short = shorten(name, 20, placeholder=placeholder, middle=middle)
    assert len(short) <= 20
    assert (short == name) == (n <= 20)
    start, mark, end = short.partition(placeholder)
    assert name.startswith(start)
    assert name.endswith(end)
    assert bool(mark) == (n > 20)
    assert bool(end) == (n > 20 and middle)


def test_whitespace_is_collapsed():
    assert shorten(" two\n\tlines  ", 20) == "two lines"


def test_middle_placeholder_has_no_adjacent_spaces():
    assert shorten("left " + 30 * "x" + " right", 12, middle=True) == "left…right"
