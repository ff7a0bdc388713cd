"""The key count: the share of keys saved."""

from charrnn.tui.key_count import KeyCount


def test_the_share_of_saved_keys_is_never_below_zero() -> None:
    assert KeyCount(3, 12).saved == 0.75
    assert KeyCount(20, 12).saved == 0.0
    assert KeyCount().saved == 0.0
