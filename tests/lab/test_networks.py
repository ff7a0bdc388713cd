"""The factory of the laboratory's networks."""

from charrnn.lab.networks import encoder_decoder, sequence_network


def test_sizes_decide_the_shapes() -> None:
    network = sequence_network(2, 5, 3, cell="lstm", layers=2, bidirectional=True)
    shapes = network.shapes()
    assert shapes["layers.0.forward.Wx"] == (2, 12)
    assert shapes["layers.1.backward.Wx"] == (6, 12)
    assert shapes["head.W"] == (6, 5)


def test_encoder_and_decoder_have_weights_of_their_own() -> None:
    shapes = encoder_decoder(4, 5, 3, cell="gru").shapes()
    assert shapes["encoder.layers.0.Wx"] == shapes["decoder.layers.0.Wx"] == (4, 9)
    assert "encoder.head.W" not in shapes
    assert shapes["decoder.head.W"] == (3, 5)
